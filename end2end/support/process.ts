// One process that a test starts, listens to and stops by its id.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

// A run that ends early leaves nothing behind.
const alive = new Set<ChildProcess>();
process.once('exit', () => alive.forEach((child) => child.kill('SIGKILL')));

/** What a process has said, and what waits for it to say more. */
export class Running {
  readonly lines: string[] = [];
  private readonly child: ChildProcess;
  private readonly exited: Promise<number | null>;
  private readonly listeners = new Set<(line: string) => void>();

  constructor(command: string, args: string[], env: Record<string, string> = {}) {
    this.child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.exited = new Promise((resolve) => this.child.once('close', (code) => resolve(code)));
    this.child.once('error', (error) => this.hear(`could not be started: ${error.message}`));
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      createInterface(stream).on('line', (line) => this.hear(line));
    }
    alive.add(this.child);
    this.child.once('close', () => alive.delete(this.child));
  }

  private hear(line: string) {
    this.lines.push(line);
    for (const listener of this.listeners) listener(line);
  }

  /** The first line that matches, and when it came; lines that are there already count. */
  async line(pattern: RegExp, withinMs = 15_000): Promise<{ match: RegExpMatchArray; at: number }> {
    const early = this.lines.map((line) => line.match(pattern)).find(Boolean);
    if (early) return { match: early, at: Date.now() };
    return new Promise((resolve, reject) => {
      const give = (reason: string) => {
        end();
        reject(new Error(`${reason} before it said ${pattern}:\n${this.lines.slice(-20).join('\n')}`));
      };
      const timer = setTimeout(() => give(`${withinMs} ms passed`), withinMs);
      const listener = (line: string) => {
        const match = line.match(pattern);
        if (!match) return;
        end();
        resolve({ match, at: Date.now() });
      };
      const end = () => {
        clearTimeout(timer);
        this.listeners.delete(listener);
      };
      this.listeners.add(listener);
      void this.exited.then(() => give('the process ended'));
    });
  }

  /** Waits for the end and throws what was said unless it went well. */
  async done() {
    const code = await this.exited;
    if (code !== 0) throw new Error(`ended with ${code}:\n${this.lines.join('\n')}`);
  }

  /** Ends it, and waits until it has ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM') {
    this.child.kill(signal);
    const late = setTimeout(() => this.child.kill('SIGKILL'), 5_000);
    await this.exited;
    clearTimeout(late);
  }
}
