import { execFileSync } from 'node:child_process';
import { expect, test } from './pages/fixtures';
import { Panel } from './pages/panel';
import { Process } from './pages/process';

// How long a pop takes, from the event that Asterisk sends to the page that the browser asks for:
// e2e/cmd/popbench. A benchmark: part of `make bench`, and it never fails for being slow.

const pops = Number(process.env.POPS ?? 100);
const warmUp = 10;

interface Addresses {
  panel: string;
  bare: string;
  agent: { User: string; Password: string; Extension: string };
}

/** The value below which a part of them lies. */
function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

test('a pop, beside a bare WebSocket', async ({ page, another }) => {
  test.setTimeout(300_000);
  execFileSync('go', ['build', '-o', 'build/popbench', './e2e/cmd/popbench'], { stdio: 'inherit' });
  const bench = new Process('build/popbench', []);
  const line = await bench.line((said) => said.startsWith('{'));
  const at = JSON.parse(line) as Addresses;
  const order = async (what: 'ring' | 'answer' | 'bare'): Promise<number> => {
    const response = await fetch(at.bare + what, { method: 'POST' });
    if (!response.ok) throw new Error(`${what}: ${await response.text()}`);
    return ((await response.json()) as { ms: number }).ms;
  };
  const panel = new Panel(page);
  await panel.open(at.panel);
  await panel.signIn(at.agent.User, at.agent.Password, at.agent.Extension.replace('PJSIP/', ''));
  await panel.ready();
  const bare = await another();
  await bare.goto(at.bare);

  const ours: number[] = [];
  const floor: number[] = [];
  for (let n = -warmUp; n < pops; n++) {
    // In turn, so that what else the machine does troubles both.
    const least = await order('bare');
    await order('ring');
    await expect(panel.card('Incoming call')).toBeVisible();
    const took = await order('answer');
    await expect(panel.card('Call ended').first()).toBeVisible();
    if (n < 0) continue;
    floor.push(least);
    ours.push(took);
  }
  for (const one of [page, bare]) await one.close(); // they would complain of a server that ends
  await bench.stop();
  const told = (values: number[]) =>
    `median ${quantile(values, 0.5).toFixed(1)} ms, p95 ${quantile(values, 0.95).toFixed(1)} ms`;
  const ratio = (part: number) => (quantile(ours, part) / quantile(floor, part)).toFixed(2);
  console.log(
    `${pops} pops, from Asterisk's event to the browser's request: ${told(ours)}\n` +
      `a bare WebSocket in the same browser: ${told(floor)}; ratio ${ratio(0.5)}, p95 ${ratio(0.95)}`,
  );
});
