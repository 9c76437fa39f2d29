import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';

/** A part of the page that few agents see: it is loaded when it is first drawn, and shown when it has
 *  come. One that does not come, because the server is away, is asked for again the next time. */
export function later(load: () => Promise<ComponentType>): ComponentType {
  const part = signal<{ Part: ComponentType } | null>(null);
  let asked = false;
  return function Later() {
    if (part.value !== null) return <part.value.Part />;
    if (!asked) {
      asked = true;
      load().then(
        (Part) => {
          part.value = { Part };
        },
        () => {
          asked = false;
        },
      );
    }
    return null;
  };
}
