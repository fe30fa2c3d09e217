/** Peers in colours that hold on light and dark ground, and which of them are shown: one choice for all plots. */

import type { PeerFacts } from './data.ts';
import { element, redrawAll } from './dom.ts';

/** Isopod in blues, what lives in the program in warm colours, what lives outside it in reds and greens. */
const COLORS: Readonly<Record<string, string>> = {
  'isopod-direct': '#1d6fe0',
  'isopod-worker': '#55a0f5',
  'isopod-process': '#0d9aa8',
  'isopod-jailed': '#57bfae',
  plain: '#8b929c',
  'node-vm': '#a9987f',
  vm2: '#d98324',
  'isolated-vm': '#c8471b',
  piscina: '#a39a2c',
  quickjs: '#a565cf',
  deno: '#6f7f96',
  bun: '#b98a6a',
  'workerd-http': '#d83d72',
  'workerd-loader': '#ee82a6',
  miniflare: '#9c3f6b',
  'secure-exec': '#4f8f3a',
  'isolated-function': '#93a83f',
};

export const colorOf = (name: string): string => COLORS[name] ?? '#888888';

export class Shown {
  readonly #hidden = new Set<string>();
  readonly peers: readonly PeerFacts[];

  constructor(peers: readonly PeerFacts[]) {
    this.peers = peers;
  }

  has(name: string | undefined): boolean {
    return name !== undefined && !this.#hidden.has(name);
  }

  title(name: string | undefined): string {
    return this.peers.find((peer) => peer.name === name)?.title ?? '';
  }

  /** A legend whose keys hide and show their peer in every plot. */
  keys(): HTMLElement {
    const buttons = this.peers.map((peer) => {
      const mark = element('i', { style: `background:${colorOf(peer.name)}` });
      const button = element(
        'button',
        { type: 'button', class: 'key', 'aria-pressed': 'true', title: peer.boundary },
        mark,
        peer.title,
      );
      button.addEventListener('click', () => {
        if (!this.#hidden.delete(peer.name)) this.#hidden.add(peer.name);
        button.setAttribute('aria-pressed', String(this.has(peer.name)));
        redrawAll();
      });
      return { peer, button };
    });
    const only = (title: string, wanted: (peer: PeerFacts) => boolean): HTMLElement => {
      const button = element('button', { type: 'button' }, title);
      button.addEventListener('click', () => {
        for (const { peer, button: key } of buttons) {
          if (wanted(peer)) this.#hidden.delete(peer.name);
          else this.#hidden.add(peer.name);
          key.setAttribute('aria-pressed', String(wanted(peer)));
        }
        redrawAll();
      });
      return button;
    };
    return element(
      'div',
      { class: 'legend' },
      element('div', { class: 'keys' }, ...buttons.map(({ button }) => button)),
      element(
        'div',
        { class: 'choice', role: 'group', 'aria-label': 'Show' },
        element('span', {}, 'Show'),
        only('all', () => true),
        only('those that isolate', (peer) => peer.isolates),
        only('in the program', (peer) => !peer.apart),
        only('in processes', (peer) => peer.apart),
      ),
    );
  }
}
