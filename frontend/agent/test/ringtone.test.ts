import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type * as Ringtone from '../ringtone';

/** The loudest that a tone was told to be. */
let peaks: number[];
let sinks: string[];
let plugged: boolean;

class FakeAudio {
  state = 'running';
  currentTime = 0;
  destination = {};
  async resume(): Promise<void> {}
  async setSinkId(id: string): Promise<void> {
    if (!plugged) throw new DOMException('gone', 'NotFoundError');
    sinks.push(id);
  }
  createOscillator() {
    return { frequency: { value: 0 }, connect: (to: unknown) => to, start: vi.fn(), stop: vi.fn() };
  }
  createGain() {
    const gain = {
      setValueAtTime: vi.fn(),
      exponentialRampToValueAtTime: vi.fn(),
      linearRampToValueAtTime: (value: number) => peaks.push(value),
    };
    return { gain, connect: vi.fn() };
  }
}

const stop = vi.fn();
const media = {
  getUserMedia: vi.fn(async () => ({ getTracks: () => [{ stop }] })),
  enumerateDevices: async () => [
    { kind: 'audiooutput', deviceId: 'default', label: 'Default' },
    { kind: 'audiooutput', deviceId: 'h1', label: 'Headset' },
    { kind: 'audioinput', deviceId: 'm1', label: 'Microphone' },
  ],
};

let ringtone: typeof Ringtone;
let volume: { value: number };

async function load(): Promise<void> {
  vi.resetModules();
  ringtone = await import('../ringtone');
  ({ volume } = await import('../preferences'));
}

beforeEach(async () => {
  localStorage.clear();
  [peaks, sinks, plugged] = [[], [], true];
  vi.stubGlobal('AudioContext', FakeAudio);
  Object.defineProperty(navigator, 'mediaDevices', { value: media, configurable: true });
  await load();
});
afterEach(() => vi.unstubAllGlobals());

test('the volume is heard and remembered; at zero nothing sounds', async () => {
  await ringtone.tryRing();
  expect(peaks).toEqual([0.12, 0.12]);
  volume.value = 25;
  await ringtone.tryRing();
  expect(peaks.slice(2)).toEqual([0.03, 0.03]);
  volume.value = 0;
  await ringtone.tryRing();
  expect(peaks).toHaveLength(4);
  await load();
  expect(volume.value).toBe(0);
});

test.each(['', '101', '-1', '5.5', 'loud'])('a remembered volume of “%s” is not believed', async (text) => {
  localStorage.setItem('asteriskcti.volume', text);
  await load();
  expect(volume.value).toBe(50);
});

test('the browser names its devices after a question, and lets go of the microphone', async () => {
  expect(ringtone.canRoute).toBe(true);
  expect(await ringtone.findOutputs()).toBe(true);
  expect(ringtone.outputs.value).toEqual([{ id: 'h1', label: 'Headset' }]);
  expect(stop).toHaveBeenCalled();
  media.getUserMedia.mockRejectedValueOnce(new DOMException('no', 'NotAllowedError'));
  expect(await ringtone.findOutputs()).toBe(false);
});

test('a chosen device is used, also after a reload, and missed in silence', async () => {
  await ringtone.findOutputs();
  await ringtone.unlockSound();
  ringtone.chooseOutput('h1');
  expect(sinks).toEqual(['h1']);
  await load();
  expect(ringtone.output.value).toEqual({ id: 'h1', label: 'Headset' });
  await ringtone.unlockSound();
  expect(sinks).toEqual(['h1', 'h1']);

  plugged = false;
  await load();
  await ringtone.tryRing();
  expect(ringtone.output.value.id).toBe('h1');
  expect(peaks).toHaveLength(2);
  plugged = true;
  ringtone.chooseOutput('not one of them');
  expect(ringtone.output.value.id).toBe('');
  expect(sinks.at(-1)).toBe('');
});
