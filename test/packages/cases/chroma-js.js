/** Colours: read, converted, mixed, scaled, compared and named. */
import chroma from 'chroma-js';

export const handler = () => ({
  read: ['hotpink', '#abc', 'rgb(10 20 30 / 50%)', 'hsl(120,50%,50%)', 'lab(50% 20 -30)', 'oklch(60% 0.2 30)'].map(
    (text) => chroma(text).hex(),
  ),
  spaces: ['hsl', 'hsv', 'lab', 'lch', 'oklab', 'cmyk', 'gl', 'num'].map((space) =>
    [chroma('teal')[space]()].flat().map((n) => (Number.isNaN(n) ? 'none' : Number(n.toFixed(6)))),
  ),
  changed: [
    chroma('teal').darken(2),
    chroma('teal').saturate(),
    chroma('teal').set('hsl.h', '*2'),
    chroma('teal').alpha(0.3),
    chroma('teal').luminance(0.5),
  ].map((colour) => colour.hex()),
  mixed: ['rgb', 'lab', 'lch', 'oklch', 'hsl'].map((mode) => chroma.mix('red', 'blue', 0.25, mode).hex()),
  scale: [
    chroma.scale(['yellow', '008ae5']).mode('lab').colors(5),
    chroma.scale('RdYlBu').domain([0, 10]).classes(4)(3).hex(),
    chroma.scale(['red', 'blue']).correctLightness().gamma(2)(0.4).css(),
  ],
  compared: [
    chroma.contrast('pink', 'hotpink').toFixed(4),
    chroma.deltaE('#ededee', '#edeeed').toFixed(6),
    chroma.distance('red', 'blue').toFixed(4),
    chroma.valid('nope'),
  ],
  names: [chroma('#ff69b4').name(), chroma('teal').css('hsl'), chroma.temperature(3_500).hex()],
  average: chroma.average(['red', 'green', 'blue'], 'lch').hex(),
  limits: chroma.limits([1, 5, 9, 20, 50], 'q', 3),
  bezier: chroma.bezier(['white', 'yellow', 'red', 'black']).scale().colors(3),
});
