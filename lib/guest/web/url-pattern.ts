/** `URLPattern` of the URL Pattern standard, from a library. */
export { URLPattern } from 'urlpattern-polyfill/urlpattern';
