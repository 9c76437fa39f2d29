import type { Ledger } from './ledger';
import { type CallView, popKey } from './picture';
import type { PopPreference } from './preferences';
import type { Action, Target } from './protocol';

/** The decisions of the screen pop (row G4), without the browser that carries them out. */

export type Decision =
  /** Nothing happens by itself. */
  | { kind: 'nothing'; because: 'seen' | 'follower' }
  | { kind: 'refused' }
  | { kind: 'application' }
  | { kind: 'open'; url: string; target: Target };

/** How the last opening of a call's screen went; shown on its card. */
export type PopStatus =
  /** Waits for the agent's click, as its service or this browser says. */
  | 'button'
  | 'pane'
  /** The browser may not show it inside the panel; the next click opens it in the window. */
  | 'pane-refused'
  | 'window'
  | 'tab'
  /** The browser blocked it: the button is the way, and one click arms the window. */
  | 'blocked'
  | 'tab-blocked'
  /** The page opened, then the window closed or cut its tie with the panel. */
  | 'lost'
  /** The address is none that may be opened. */
  | 'refused'
  /** Another tab of the panel has the lead and opened it there. */
  | 'follower';

/**
 * What a live event with an action brings about. The call is entered in the ledger
 * first, so that no later message, reload or reconnection can open it again by itself.
 */
export function decide(
  call: CallView,
  action: Action,
  circumstances: { ledger: Ledger; preference: PopPreference; leading: boolean },
): Decision {
  const { ledger, preference, leading } = circumstances;
  const key = popKey(call);
  if (ledger.has(key)) return { kind: 'nothing', because: 'seen' };
  ledger.add(key);
  if (action.type === 'application') return { kind: 'application' };
  if (!leading) return { kind: 'nothing', because: 'follower' };
  const url = safeAddress(action.url);
  return url === null
    ? { kind: 'refused' }
    : { kind: 'open', url, target: targetOf(action.target, preference) };
}

/** Where a screen opens: this browser's own choice, if there is one, else its service's. */
export function targetOf(target: Target, preference: PopPreference): Target {
  return preference === 'service' ? target : preference;
}

/**
 * The address if it may be opened: absolute, http or https, without a user name. The server
 * has checked it as well; this is the second lock, against `javascript:` and its kin.
 */
export function safeAddress(text: string): string | null {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return null;
  }
  const allowed = (url.protocol === 'https:' || url.protocol === 'http:') && url.host !== '';
  return allowed && url.username === '' && url.password === '' ? url.href : null;
}

/** Whether the browser would refuse the page inside a secure panel (mixed content). */
export function isMixedContent(url: string, panel: { protocol: string }): boolean {
  const { protocol, hostname } = new URL(url);
  const loopback =
    hostname === 'localhost' || hostname.endsWith('.localhost') || /^127\.|^\[::1\]$/.test(hostname);
  return panel.protocol === 'https:' && protocol === 'http:' && !loopback;
}
