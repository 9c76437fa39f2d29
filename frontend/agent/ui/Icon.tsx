import type { IconName } from '../../icons/icons';
import { symbolId } from '../../icons/sprite';

/** An icon of the sprite. It is decoration: what it means always stands beside it in words. */
export function Icon({ name, small = false }: { name: IconName; small?: boolean }) {
  return (
    <svg class={small ? 'icon icon-small' : 'icon'} aria-hidden="true">
      <use href={`#${symbolId(name)}`} />
    </svg>
  );
}
