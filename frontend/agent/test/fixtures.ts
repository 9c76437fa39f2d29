import type { Call, CallEvent, Snapshot } from '../protocol';

/** Messages of the server for the tests: whole ones, with what a test names changed. */

export function call(changes: Partial<Call> = {}): Call {
  return {
    id: 'c1',
    uniqueid: '1795644900.12',
    channel: 'PJSIP/201-00000003',
    linkedid: '1795644900.10',
    state: 'Ringing',
    phase: 'ringing',
    direction: 'inbound',
    caller: { number: '+33478123456', name: 'Camille Durand' },
    called: '102',
    context: 'support-in',
    service: 'Support',
    queue: 'support',
    variables: [{ name: 'calldata', value: '12345' }],
    started: 1000,
    since: 1000,
    queued: 500,
    answered: 0,
    cause: 0,
    causeText: '',
    ...changes,
  };
}

export function snapshot(changes: Partial<Snapshot> = {}): Snapshot {
  return {
    type: 'snapshot',
    seq: 10,
    now: 1_000_000,
    version: '1.2.3',
    demo: false,
    agent: {
      operator: 'ada',
      fullName: 'Ada Lovelace',
      state: 'available',
      since: 999_000,
      seat: { mac: '00:11:22:33:44:55', extension: 'PJSIP/201', description: 'Desk 1' },
    },
    queues: [],
    pauseReasons: [],
    services: [],
    link: { state: 'ready', reason: '', since: 900_000 },
    calls: [],
    ...changes,
  };
}

export function callEvent(event: string, seq: number, changes: Partial<Call> = {}): CallEvent {
  return { type: 'event', event, seq, call: call(changes) };
}

export const browserAction = {
  type: 'browser',
  url: 'https://crm.example/c?d=12345',
  target: 'pane',
} as const;

/** A Link event as the server sends it once per call and agent. */
export function linkEvent(seq: number, changes: Partial<Call> = {}): CallEvent {
  const talking = { phase: 'talking', state: 'Up', answered: 2000, since: 2000, ...changes } as const;
  return { ...callEvent('Link', seq, talking), action: browserAction };
}
