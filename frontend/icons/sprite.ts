import { icons, type Shape } from './icons';

const svgNamespace = 'http://www.w3.org/2000/svg';

/** The id of an icon's symbol. The prefix keeps it apart from the ids of form fields: an
 *  unprefixed `seat` would take the `<label for="seat">` of the sign-in page. */
export const symbolId = (name: string) => `i-${name}`;

function element(tag: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const node = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/**
 * Puts the sprite into a page, once, before its first icon is drawn. It lives in the
 * document because a sprite in a file of its own shows nothing while the server is away,
 * which is just when the “connection lost” icon is needed.
 */
export function mountSprite(page: Document = document): void {
  const sprite = element('svg', { 'aria-hidden': 'true', hidden: '' });
  for (const [name, shapes] of Object.entries<readonly Shape[]>(icons)) {
    const symbol = element('symbol', { id: symbolId(name), viewBox: '0 0 24 24' });
    for (const [tag, attributes] of shapes) symbol.append(element(tag, attributes));
    sprite.append(symbol);
  }
  page.body.prepend(sprite);
}
