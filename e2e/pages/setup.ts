import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { binary } from './process';

/** What every run needs: the binary under test, the lab, a folder for pictures. */
export default function setup(): void {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: run make build`);
  execFileSync('go', ['build', '-o', 'build/lab', './e2e/cmd/lab'], { stdio: 'inherit' });
  mkdirSync('build/shots', { recursive: true });
}
