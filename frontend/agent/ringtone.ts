import { signal } from '@preact/signals';
import { recall, remember, sound, volume } from './preferences';

/** The sound of a call: made by the browser, no file. */

export type SoundState = 'unknown' | 'ready' | 'locked';

/** `locked`: the browser keeps the page silent until it is clicked, again after each reload. */
export const soundState = signal<SoundState>('unknown');

/** A device that sound comes out of; `id` is "" for the system's own choice. */
export interface Output {
  id: string;
  label: string;
}

const systems: Output = { id: '', label: '' };

/** Where the ring sounds. Remembered; while the device is away it sounds on the system's. */
export const output = signal<Output>({
  id: recall('output') ?? '',
  label: recall('output-label') ?? '',
});

/** The devices that the browser has named. */
export const outputs = signal<readonly Output[]>([]);

/** Chromium's; the types of TypeScript do not know it yet. */
type Routed = AudioContext & { setSinkId?(id: string): Promise<void> };

let audio: Routed | null = null;

/** Whether the ring can be sent to a device of its own: Chromium, on a secure page. */
export const canRoute =
  'AudioContext' in globalThis &&
  'setSinkId' in AudioContext.prototype &&
  (navigator.mediaDevices as MediaDevices | undefined) !== undefined;

/** Makes sound possible. Works inside a click; elsewhere it finds out whether one is needed. */
export async function unlockSound(): Promise<void> {
  if (!('AudioContext' in globalThis)) return;
  if (audio === null) {
    audio = new AudioContext();
    if (output.value.id !== '') void route(output.value.id);
  }
  await Promise.race([audio.resume(), new Promise((done) => setTimeout(done, 300))]);
  soundState.value = audio.state === 'running' ? 'ready' : 'locked';
}

async function route(id: string): Promise<void> {
  try {
    await audio?.setSinkId?.(id);
  } catch {
    // Unplugged, or no longer allowed: the system's own choice sounds, and the wish stays.
  }
}

/** Sends the ring to a device, from now on. */
export function chooseOutput(id: string): void {
  output.value = outputs.value.find((one) => one.id === id) ?? systems;
  remember('output', output.value.id);
  remember('output-label', output.value.label);
  void route(output.value.id);
}

/**
 * Asks the browser for the devices; only ever called by a click, since it asks for the
 * microphone: without, Chromium names no device. The microphone is let go at once.
 */
export async function findOutputs(): Promise<boolean> {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    for (const track of stream.getTracks()) track.stop();
    const devices = await navigator.mediaDevices.enumerateDevices();
    outputs.value = devices
      .filter(({ kind, deviceId }) => kind === 'audiooutput' && !['', 'default'].includes(deviceId))
      .map(({ deviceId, label }) => ({ id: deviceId, label }));
    return true;
  } catch {
    return false;
  }
}

/** How loud it is at the volume that is set first. */
export const ringLoud = 0.12;

/** Two tones that rise and fade, 0.9 s. `loud` is 0 to 0.25, before the agent's own volume. */
export function burst(loud: number): void {
  if (audio === null || audio.state !== 'running' || sound.value === 'off' || volume.value === 0) return;
  const peak = loud * (volume.value / 50) ** 2; // loudness is heard by its square
  const begin = audio.currentTime;
  for (const frequency of [440, 554]) {
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    tone.frequency.value = frequency;
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(peak, begin + 0.03);
    gain.gain.setValueAtTime(peak, begin + 0.5);
    gain.gain.exponentialRampToValueAtTime(0.0001, begin + 0.9);
    tone.connect(gain).connect(audio.destination);
    tone.start(begin);
    tone.stop(begin + 0.95);
  }
}

/** Lets the agent hear what he has set. */
export async function tryRing(): Promise<void> {
  await unlockSound();
  burst(ringLoud);
}
