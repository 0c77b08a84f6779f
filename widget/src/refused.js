// A socket that is refused says nothing of why: the website's settings do. Loaded when connecting fails again and again.
export default async function refused(address) {
  const answer = await (await fetch(address, { credentials: "omit", cache: "reload" })).json();
  if (answer.refused) console.error("Parley: " + answer.refused);
  return answer.refused;
}
