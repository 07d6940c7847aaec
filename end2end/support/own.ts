// The test of a journey that changes what all others share: a server of its own, with the administrator signed in.
import { type Portolan, startPortolan } from './servers';
import { bringSessions, test as base } from './test';

export { expect } from './test';

export const test = base.extend<{ portolan: Portolan }>({
  portolan: async ({}, use) => {
    const portolan = await startPortolan();
    await use(portolan);
    await portolan.stop();
  },
  baseURL: async ({ portolan }, use) => use(portolan.url),
  context: async ({ context, portolan }, use) => {
    await bringSessions(context, portolan);
    await use(context);
  },
});
