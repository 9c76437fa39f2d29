import { signal } from '@preact/signals';

export type Tab = 'call' | 'history' | 'screen';

/** Which of the panel's three parts a narrow page shows. */
export const tab = signal<Tab>('call');
