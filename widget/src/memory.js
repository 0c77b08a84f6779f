// What the page's own storage keeps: token, conversation, and messages not yet acknowledged. Read anew before each change,
// because other tabs change it too.
import { stored } from "./given.js";

// As JSON, whatever toJSON the page has given to all arrays.
export const json = (x) => JSON.stringify(x, function (name) { return this[name]; });

export let memory = {};
let storing = true;

export const load = () => {
  if (storing) try { memory = JSON.parse(localStorage.getItem(stored)) || {}; } catch { /* storage is off: this tab remembers by itself */ }
  if (!Array.isArray(memory.out)) memory.out = [];
  return memory;
};

export const save = (change) => {
  change(load());
  try { localStorage.setItem(stored, json(memory)); } catch { storing = false; /* as above, from now on */ }
};

// What is true of this tab alone.
export const tab = (name, value) => {
  try { return value === undefined ? sessionStorage.getItem(name) : sessionStorage.setItem(name, value); } catch { /* as above */ }
};

// What is being written in a field, by this visitor in this tab.
export const draft = (name, value) => tab(stored + ".draft" + (memory.era || "") + name, value);
