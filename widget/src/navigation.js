// Calls listener when a script has changed the page's address without loading a page: by the Navigation API where there is one, else by
// wrapping the functions of history, which leaves other wrappers intact.
export function onNavigation(listener) {
  let at = location.href;
  const check = () => {
    if (location.href === at) return;
    at = location.href;
    listener();
  };
  if (window.navigation?.addEventListener) return navigation.addEventListener("currententrychange", check);
  for (const name of ["pushState", "replaceState"]) {
    const original = history[name];
    history[name] = function () {
      const answer = original.apply(this, arguments);
      try { check(); } catch (e) { console.error(e); }
      return answer;
    };
  }
  for (const event of ["popstate", "hashchange"]) addEventListener(event, check);
}
