const address = (rel) => document.querySelector(`link[rel="${rel}"]`).href;
const wake = async () => {
  const portolan = await import(address("modulepreload"));
  await portolan.default({ module_or_path: address("preload") });
  portolan.hydrate();
  for (const island of document.querySelectorAll("leptos-island")) portolan[island.dataset.component](island);
};
(window.requestIdleCallback ?? setTimeout)(wake);
