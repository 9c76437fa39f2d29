import { ticketFor } from './api';

const kind = 'asteriskcti.ticket';
/** A page that asks again and again must not keep the server busy. */
const pause = 1_000;

/** Hands tickets for the WebSocket to pages of other sites that ask for one by `postMessage`,
 *  in the pane or in a window of ours. Whether a site may have one is the server's to say
 *  (`http.allowed_origins`); it is told which origin the browser says asks. */
export function offerTickets(): void {
  let next = 0;
  addEventListener('message', (event: MessageEvent<unknown>) => {
    const { data, origin, source } = event;
    if (origin === location.origin || source === null || !asks(data)) return;
    const now = Date.now();
    if (now < next) return;
    next = now + pause;
    void ticketFor(origin).then((answer) => {
      source.postMessage({ type: kind, ...answer }, { targetOrigin: origin });
    });
  });
}

function asks(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'type' in data && data.type === kind;
}
