// The proof of work that a website may require before the first message: a number after the challenge, such that the SHA-256 (FIPS 180-4) of
// both begins with 17 zero bits. Computed in slices of 15 ms, so that the page stays responsive.
const K = [], H = [];
for (let n = 2; K.length < 64; n++) {
  let prime = true;
  for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
  if (!prime) continue;
  const part = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
  if (H.length < 8) H.push(part(Math.sqrt(n)));
  K.push(part(Math.cbrt(n)));
}
const W = new Int32Array(64);

// Returns the first 32 bits of the hash of a text, whose characters must be below 256.
function firstWord(text) {
  const blocks = (text.length + 8 >> 6) + 1, words = new Int32Array(blocks * 16);
  for (let i = 0; i < text.length; i++) words[i >> 2] |= text.charCodeAt(i) << (24 - (i & 3) * 8);
  words[text.length >> 2] |= 128 << (24 - (text.length & 3) * 8);
  words[words.length - 1] = text.length * 8;
  let h = H.slice();
  for (let b = 0; b < blocks; b++) {
    let [a, c, d, e, f, g, i, j] = h;
    for (let t = 0; t < 64; t++) {
      if (t < 16) W[t] = words[b * 16 + t];
      else {
        const x = W[t - 15], y = W[t - 2];
        W[t] = (W[t - 16] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + W[t - 7] + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)) | 0;
      }
      const t1 = (j + ((f >>> 6 | f << 26) ^ (f >>> 11 | f << 21) ^ (f >>> 25 | f << 7)) + (f & g ^ ~f & i) + K[t] + W[t]) | 0;
      const t2 = (((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & c ^ a & d ^ c & d)) | 0;
      j = i; i = g; g = f; f = (e + t1) | 0; e = d; d = c; c = a; a = (t1 + t2) | 0;
    }
    h = [a, c, d, e, f, g, i, j].map((x, n) => (x + h[n]) | 0);
  }
  return h[0];
}

export default async function findProof(challenge) {
  for (let n = 0, until = Date.now() + 15; ; n++) {
    const proof = challenge + ":" + n;
    if (firstWord(proof) >>> 15 === 0) return proof;
    if (Date.now() > until) {
      await new Promise((go) => setTimeout(go));
      until = Date.now() + 15;
    }
  }
}
