// What is stored in the browser: token, conversation, and messages that are not acknowledged yet. It is read again before each change, because
// other tabs change it, too.
import { storagePrefix } from "./config.js";

// Like JSON.stringify, but ignores toJSON methods that the page may have added to all arrays.
export const stringify = (x) => JSON.stringify(x, function (name) { return this[name]; });

export let stored = {};
let isAvailable = true;

export const load = () => {
  if (isAvailable) try { stored = JSON.parse(localStorage.getItem(storagePrefix)) || {}; } catch { /* storage is off: it lasts as long as the page */ }
  if (!Array.isArray(stored.out)) stored.out = [];
  return stored;
};

export const update = (change) => {
  change(load());
  try { localStorage.setItem(storagePrefix, stringify(stored)); } catch { isAvailable = false; /* as above, from now on */ }
};

// Returns, or with a value sets, an item of this tab.
export const tabItem = (name, value) => {
  try { return value === undefined ? sessionStorage.getItem(name) : sessionStorage.setItem(name, value); } catch { /* as above */ }
};

// Returns, or with a value sets, the text that this visitor is writing into a field in this tab.
export const draft = (name, value) => tabItem(storagePrefix + ".draft" + (stored.era || "") + name, value);
