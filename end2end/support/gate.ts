// A gate in front of a registry: while it is shut, what would write is sent back as by a registry that is too busy.
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server } from './servers';

export interface Gate {
  url: string;
  isShut: boolean;
  stop(): Promise<void>;
}

export async function openGate(to: Server): Promise<Gate> {
  const [hostname, port] = to.host.split(':');
  const server = createServer((asked, answer) => {
    if (gate.isShut && !['GET', 'HEAD'].includes(asked.method!)) {
      asked.resume();
      answer.writeHead(503).end();
      return;
    }
    const { method, url: path, headers } = asked;
    const passed = request({ hostname, port, path, method, headers }, (got) => {
      answer.writeHead(got.statusCode!, got.headers);
      got.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const gate: Gate = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isShut: false,
    stop: () => new Promise((ended) => {
      server.close(() => ended());
      server.closeAllConnections();
    }),
  };
  return gate;
}
