// Where what is said is shown.
import { make } from "./make.js";

export const log = make("div", "log");

// Keeps the newest in sight, where it is.
export function keepEnd(f, always) {
  const end = always || log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  f();
  if (end) log.scrollTop = log.scrollHeight;
}
