// Pages that a script turns to without loading them: by the Navigation API where there is one; else by history, whose functions are
// wrapped so that whoever has wrapped them before, or does so later, is called as always.
export function heard(f) {
  let at = location.href;
  const look = () => {
    if (location.href === at) return;
    at = location.href;
    f();
  };
  if (window.navigation?.addEventListener) return navigation.addEventListener("currententrychange", look);
  for (const name of ["pushState", "replaceState"]) {
    const before = history[name];
    history[name] = function () {
      const answer = before.apply(this, arguments);
      try { look(); } catch (e) { console.error(e); }
      return answer;
    };
  }
  for (const event of ["popstate", "hashchange"]) addEventListener(event, look);
}
