// Time that passed at a server, without waiting for it.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Portolan } from './servers';

/** All sessions were opened ten minutes ago. */
export function ageSessions(portolan: Portolan) {
  const sql = 'UPDATE sessions SET created_at = created_at - 600000';
  const script = 'import sqlite3, sys; it = sqlite3.connect(sys.argv[1], timeout=10); it.execute(sys.argv[2]); it.commit()';
  execFileSync('python3', ['-c', script, join(portolan.folder, 'portolan.db'), sql]);
}
