package page

import (
	"bytes"
	"compress/flate"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// snapshot is what was stored when a form was shown.
type snapshot struct {
	At     time.Time                      `json:"a"`
	Fields map[string][]string            `json:"f"`
	Others map[string]map[string][]string `json:"o,omitempty"` // of forms whose object it deletes
}

const (
	digestFrom       = 256 << 10 // bytes, unpacked, from which on long values are written as their digests
	maxSnapshotBytes = 1 << 20   // bytes, unpacked: a form cannot send more
	maxSnapshotField = 512 << 10 // bytes of the hidden field
)

// snapshotKey signs what forms have shown, so that only what this installation has shown is read again.
type snapshotKey []byte

func newSnapshotKey(secret string) snapshotKey {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("shown form 1"))
	return mac.Sum(nil)
}

// snapshotScope returns who was shown a form, and which one, without the page's parameters: a tab restores what it has stored of a form
// whatever they are.
func (req *Request) snapshotScope(page, key string) string {
	path := pathOf(page)
	return fmt.Sprintf("%s %d %s %s", req.ID(), len(path), path, key)
}

func (k snapshotKey) sign(packed []byte, to string) []byte {
	mac := hmac.New(sha256.New, k)
	fmt.Fprintf(mac, "%d %s ", len(to), to)
	mac.Write(packed)
	return mac.Sum(nil)
}

// write returns a snapshot as the hidden field formWas has it: signed for who was shown the form, and packed; empty if it is too large.
func (k snapshotKey) write(w snapshot, to string) string {
	plain, err := json.Marshal(w)
	if err == nil && len(plain) > digestFrom {
		w.digest()
		plain, err = json.Marshal(w)
	}
	if err != nil || len(plain) > maxSnapshotBytes {
		return ""
	}
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		return ""
	}
	z.Write(plain) //nolint:errcheck // into memory
	z.Close()
	return base64.RawURLEncoding.EncodeToString(append(k.sign(b.Bytes(), to), b.Bytes()...))
}

// read reads what write has returned; nil if it was written for somebody or something else, or altered.
func (k snapshotKey) read(text, to string) *snapshot {
	if len(text) > maxSnapshotField {
		return nil
	}
	all, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(all) < sha256.Size {
		return nil
	}
	packed := all[sha256.Size:]
	if !hmac.Equal(all[:sha256.Size], k.sign(packed, to)) {
		return nil
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxSnapshotBytes+1))
	if err != nil || len(plain) > maxSnapshotBytes {
		return nil
	}
	w := &snapshot{}
	if json.Unmarshal(plain, w) != nil {
		return nil
	}
	return w
}

// digestMark begins a value of which only the digest is there. No stored text has this character.
const digestMark = "\x00"

// digest replaces values of more than 64 bytes by their digests.
func (w snapshot) digest() {
	short := func(fields map[string][]string) {
		for name, values := range fields {
			list := make([]string, len(values))
			for i, v := range values {
				if list[i] = v; len(v) > 64 {
					list[i] = digestOf(v)
				}
			}
			fields[name] = list
		}
	}
	short(w.Fields)
	for _, fields := range w.Others {
		short(fields)
	}
}

func digestOf(value string) string {
	sum := sha256.Sum256([]byte(unixLines(value)))
	return digestMark + hex.EncodeToString(sum[:])
}

// sameText reports whether two values are the same, of which one may be there as its digest only.
func sameText(x, y string) bool {
	switch xs, ys := strings.HasPrefix(x, digestMark), strings.HasPrefix(y, digestMark); {
	case xs && !ys:
		return x == digestOf(y)
	case ys && !xs:
		return y == digestOf(x)
	}
	return unixLines(x) == unixLines(y)
}
