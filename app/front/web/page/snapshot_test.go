package page

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"strconv"
	"strings"
	"testing"
)

// What a form has shown is read again only as it was written, for the same person, page and form.
func TestSnapshotRoundTrip(t *testing.T) {
	k := newSnapshotKey("a secret")
	w := snapshot{
		Fields: map[string][]string{"name": {"Billing"}, "days": {"1", "2"}},
		Others: map[string]map[string][]string{"/x": {"a": {"b"}}},
	}
	text := k.write(w, "olga /admin/groups")
	got := k.read(text, "olga /admin/groups")
	if got == nil || got.Fields["name"][0] != "Billing" || len(got.Fields["days"]) != 2 || got.Others["/x"]["a"][0] != "b" {
		t.Fatalf("%+v", got)
	}
	bomb := func() string { // packed without the key
		var b bytes.Buffer
		z, _ := flate.NewWriter(&b, flate.BestCompression)
		z.Write([]byte(`{"f":{"a":[` + strings.Repeat(`"",`, 1<<20) + `""]}}`))
		z.Close()
		return base64.RawURLEncoding.EncodeToString(append(make([]byte, 32), b.Bytes()...))
	}()
	for name, got := range map[string]*snapshot{
		"another person": k.read(text, "max /admin/groups"),
		"another page":   k.read(text, "olga /admin"),
		"another key":    newSnapshotKey("other").read(text, "olga /admin/groups"),
		"altered":        k.read(text[:len(text)-2]+"AA", "olga /admin/groups"),
		"empty":          k.read("", "olga /admin/groups"),
		"no base64":      k.read("!", "olga /admin/groups"),
		"not from here":  k.read(bomb, "olga /admin/groups"),
		"long":           k.read(strings.Repeat("A", maxSnapshotField+1), "olga /admin/groups"),
	} {
		if got != nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	// Of large forms only digests are written; they are compared all the same.
	long := snapshot{Fields: map[string][]string{"name": {"short"}}}
	for i := range 40 {
		long.Fields["answer-"+strconv.Itoa(i)] = []string{strings.Repeat("a line\r\n", 2000) + strconv.Itoa(i)}
	}
	got = k.read(k.write(long, ""), "")
	if got == nil || got.Fields["name"][0] != "short" {
		t.Fatalf("%+v", got)
	}
	for i := range 40 {
		v := strings.Repeat("a line\n", 2000) + strconv.Itoa(i)
		if name := "answer-" + strconv.Itoa(i); !same(got.Fields[name], []string{v}) ||
			!same([]string{v}, got.Fields[name]) || same(got.Fields[name], []string{v + "!"}) {
			t.Errorf("%s is not what it was", name)
		}
	}
}
