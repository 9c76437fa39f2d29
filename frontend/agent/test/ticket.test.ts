import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { offerTickets } from '../ticket';

const crm = 'https://crm.example';
const fetched = vi.fn<typeof fetch>();
let clock = Date.now();
const source = { postMessage: vi.fn() };

/** A message from a page, as the browser hands it over. */
function ask(data: unknown, origin = crm): void {
  const event = new MessageEvent('message', { data, origin });
  Object.defineProperty(event, 'source', { value: source });
  dispatchEvent(event);
}

beforeEach(() => {
  clock += 60_000; // the pause between two questions is over
  vi.useFakeTimers({ now: clock });
  vi.stubGlobal('fetch', fetched);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.clearAllMocks();
});

offerTickets();

test('a page of another site is given what the server gives, and nobody else hears it', async () => {
  fetched.mockResolvedValue(new Response('{"ticket":"T1","expires":30}'));
  ask({ type: 'asteriskcti.ticket' });
  await vi.waitFor(() => expect(source.postMessage).toHaveBeenCalled());
  expect(fetched.mock.calls[0]?.[1]?.body).toBe('{"origin":"https://crm.example"}');
  expect(source.postMessage).toHaveBeenCalledWith(
    { type: 'asteriskcti.ticket', ticket: 'T1', expires: 30 },
    { targetOrigin: crm },
  );
});

test('a site that is not allowed is told so', async () => {
  fetched.mockResolvedValue(new Response('{"code":"origin-not-allowed"}', { status: 403 }));
  ask({ type: 'asteriskcti.ticket' }, 'https://evil.example');
  await vi.waitFor(() => expect(source.postMessage).toHaveBeenCalled());
  expect(source.postMessage).toHaveBeenCalledWith(
    { type: 'asteriskcti.ticket', error: 'origin-not-allowed' },
    { targetOrigin: 'https://evil.example' },
  );
});

test('other messages, our own, and those that come in a flood are passed over', () => {
  fetched.mockResolvedValue(new Response('{}', { status: 500 }));
  ask('asteriskcti.ticket');
  ask(null);
  ask({ type: 'other' });
  ask({ type: 'asteriskcti.ticket' }, location.origin);
  expect(fetched).not.toHaveBeenCalled();
  for (let n = 0; n < 50; n++) ask({ type: 'asteriskcti.ticket' });
  expect(fetched).toHaveBeenCalledTimes(1);
});
