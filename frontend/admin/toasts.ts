/** How long a message stays, in milliseconds; a bad one is read twice. */
const stays = { good: 6_000, bad: 14_000 };

/** Says something in the corner of the page, and to screen readers. */
export function toast(text: string, bad = false): void {
  const box = document.querySelector('#toasts');
  if (box === null || text === '') return;
  const one = document.createElement('div');
  one.className = bad ? 'toast tone-bad' : 'toast tone-ok';
  const words = document.createElement('span');
  words.textContent = text;
  one.append(icon(bad ? 'warning' : 'check'), words);
  box.append(one);
  setTimeout(() => one.remove(), bad ? stays.bad : stays.good);
}

function icon(name: string): SVGElement {
  const svgNamespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(svgNamespace, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(svgNamespace, 'use');
  use.setAttribute('href', `/assets/icons.svg#i-${name}`);
  svg.append(use);
  return svg;
}
