// Returns why the server refuses this page, if it does. Browsers do not tell why a WebSocket was refused, so the website's settings are asked
// for. Loaded when several attempts to connect have failed.
export default async function fetchRefusal(address) {
  const answer = await (await fetch(address, { credentials: "omit", cache: "reload" })).json();
  if (answer.refused) console.error("Parley: " + answer.refused);
  return answer.refused;
}
