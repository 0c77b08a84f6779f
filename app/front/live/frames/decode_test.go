package frames

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

var (
	id1 = uuid.MustParse("0190d1f2-7b1e-4c50-8f7a-111111111111")
	id2 = uuid.MustParse("0190d1f2-7b1e-4c50-8f7a-222222222222")
)

// Each kind of a panel's frames is decoded into its type, with all its fields; fields of other kinds are ignored.
func TestDecodePanel(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	cases := map[string]Panel{
		`{"type":"hello","protocol":1,"token":"t","identity":"i","proof":"p","conversation":"` + id2.String() + `","after":3,"page":{"url":"u","title":"t","referrer":"r"},"language":"de"}`: Hello{
			Protocol:     1,
			Token:        "t",
			Identity:     "i",
			Proof:        "p",
			Conversation: id2,
			After:        3,
			Page:         Page{"u", "t", "r"},
			Language:     "de",
		},
		`{"type":"send","id":"` + id1.String() + `","conversation":"` + id2.String() + `","text":"Hi","subject":"` + id2.String() + `","page":{"url":"u"}}`: Send{
			ID:           id1,
			Conversation: id2,
			Text:         "Hi",
			Subject:      id2,
			Page:         Page{URL: "u"},
		},
		`{"type":"typing","text":"H","conversation":"` + id2.String() + `"}`: Typing{
			Text: "H",
		},
		`{"type":"contact","id":"` + id1.String() + `","name":"Anna","email":"a@b.example","later":[1]}`: Contact{
			ID:    id1,
			Name:  "Anna",
			Email: "a@b.example",
		},
		`{"type":"about","conversation":"` + id2.String() + `","trail":[{"url":"u","title":"t","at":"2026-11-22T10:00:00Z"}],"zone":"Europe/Riga"}`: About{
			Conversation: id2,
			PageViews:    []PageView{{"u", "t", at}},
			TimeZone:     "Europe/Riga",
		},
		`{"type":"seen","conversation":"` + id2.String() + `","seq":5}`: Seen{
			Conversation: id2,
			Seq:          5,
		},
		`{"type":"end","id":"` + id1.String() + `","conversation":"` + id2.String() + `"}`: End{
			ID:           id1,
			Conversation: id2,
		},
		`{"type":"rate","id":"` + id1.String() + `","conversation":"` + id2.String() + `","value":4,"reasons":["Fast"],"text":"x"}`: Rate{
			ID:           id1,
			Conversation: id2,
			Value:        4,
			Reasons:      []string{"Fast"},
			Text:         "x",
		},
		`{"type":"transcript","id":"` + id1.String() + `","conversation":"` + id2.String() + `","email":"a@b.example"}`: Transcript{
			ID:           id1,
			Conversation: id2,
			Email:        "a@b.example",
		},
	}
	var kinds []string
	for raw, want := range cases {
		got, id, err := DecodePanel([]byte(raw))
		if err != nil || !reflect.DeepEqual(got, want) || strings.Contains(raw, `"id"`) != (id == id1) {
			t.Errorf("%s: %#v, id %v, %v", raw, got, id, err)
		}
		kind, _, _ := strings.Cut(raw[len(`{"type":"`):], `"`)
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	if !slices.Equal(kinds, PanelKinds()) {
		t.Errorf("kinds with a case: %v, of %v", kinds, PanelKinds())
	}
}

// A frame that cannot be decoded is refused under its id, if that can be read.
func TestDecodePanelErrors(t *testing.T) {
	t.Parallel()
	id := `"id":"` + id1.String() + `"`
	for raw, want := range map[string]struct {
		err error
		id  uuid.UUID
	}{
		``:                                    {ErrUnreadable, uuid.Nil},
		`hello`:                               {ErrUnreadable, uuid.Nil},
		`[1]`:                                 {ErrUnreadable, uuid.Nil},
		`"send"`:                              {ErrUnreadable, uuid.Nil},
		`null`:                                {ErrUnknownKind, uuid.Nil},
		`{}`:                                  {ErrUnknownKind, uuid.Nil},
		`{"type":"whatever",` + id + `}`:      {ErrUnknownKind, id1},
		`{"type":1,` + id + `}`:               {ErrUnreadable, id1},
		`{"type":"send",` + id + `,"text":1}`: {ErrUnreadable, id1},
		`{"type":"send",` + id + `,"conversation":"x"}`:     {ErrUnreadable, id1},
		`{"type":"send","id":"x","text":"Hi"}`:              {ErrUnreadable, uuid.Nil},
		`{"type":"send","id":7,"text":"Hi"}`:                {ErrUnreadable, uuid.Nil},
		`{"type":"seen","seq":"5"}`:                         {ErrUnreadable, uuid.Nil},
		`{"type":"seen","seq":1e30}`:                        {ErrUnreadable, uuid.Nil},
		`{"type":"about","trail":1}`:                        {ErrUnreadable, uuid.Nil},
		`{"type":"about","trail":[{"at":"yesterday"}]}`:     {ErrUnreadable, uuid.Nil},
		`{"type":"about","data":[]}`:                        {ErrUnreadable, uuid.Nil},
		`{"type":"rate",` + id + `,"reasons":"Fast"}`:       {ErrUnreadable, id1},
		`{"type":"hello","protocol":"1"}`:                   {ErrUnreadable, uuid.Nil},
		`{"type":"send",` + id + `,"text":"Hi"} {"type":1}`: {ErrUnreadable, uuid.Nil},
	} {
		if f, id, err := DecodePanel([]byte(raw)); f != nil || !errors.Is(err, want.err) || id != want.id {
			t.Errorf("%s: %v, id %v, %v", raw, f, id, err)
		}
	}
}

// What is refused before anybody acts on a frame.
func TestCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		frame   Panel
		refused bool
	}{
		{Hello{Protocol: 1}, false},
		{Hello{}, true},
		{Hello{Protocol: 2}, true},
		{Send{ID: id1, Text: "Hi"}, false},
		{Send{ID: id1, Text: strings.Repeat("ä", 4000)}, false},
		{Send{ID: id1, Text: strings.Repeat("a", 4001)}, true},
		{Send{ID: id1, Text: " \n "}, true},
		{Send{Text: "Hi"}, true},
		{Typing{}, false},
		{About{}, false},
	} {
		if err := c.frame.Check(); (err != nil) != c.refused {
			t.Errorf("%#v: %v", c.frame, err)
		}
	}
}

// Of what a site says of its visitor, what is no short text, number or truth value is left out.
func TestVisitorData(t *testing.T) {
	t.Parallel()
	raw := `{"type":"about","data":{"plan":"Pro","seats":12.5,"paid":true,"trial":false,"list":[1],"none":null,"":"x","empty":"","long":"` + strings.Repeat("a", 400) + `"}}`
	f, _, err := DecodePanel([]byte(raw))
	want := VisitorData{"plan": "Pro", "seats": "12.5", "paid": "yes", "trial": "no", "long": strings.Repeat("a", 300)}
	if about, is := f.(About); err != nil || !is || !reflect.DeepEqual(about.Data, want) {
		t.Errorf("%v, %v", f, err)
	}
	var many strings.Builder
	for i := range 50 {
		many.WriteString(`"` + strings.Repeat("n", i+1) + `":1,`)
	}
	f, _, err = DecodePanel([]byte(`{"type":"about","data":{` + strings.TrimSuffix(many.String(), ",") + `}}`))
	if about, is := f.(About); err != nil || !is || len(about.Data) != maxVisitorData {
		t.Errorf("%v, %v", f, err)
	}
}

// Each kind of a desk's frames is decoded into its type, or refused.
func TestDecodeDesk(t *testing.T) {
	t.Parallel()
	a, b := id1.String(), id2.String()
	cases := map[string]Desk{
		`{"type":"alive"}`: DeskAlive{},
		`{"type":"hello","threads":{"` + a + `":-4},"light":{"` + b + `":7}}`: DeskHello{
			Threads: map[uuid.UUID]int{id1: 0},
			Light:   map[uuid.UUID]int{id2: 7},
		},
		`{"type":"typing","conversation":"` + a + `"}`:       DeskTyping{Conversation: id1},
		`{"type":"seen","conversation":"` + a + `","seq":3}`: DeskSeen{Conversation: id1, Seq: 3},
	}
	var kinds []string
	for raw, want := range cases {
		if got, err := DecodeDesk([]byte(raw)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v", raw, got, err)
		}
		kind, _, _ := strings.Cut(raw[len(`{"type":"`):], `"`)
		kinds = append(kinds, kind)
	}
	if slices.Sort(kinds); !slices.Equal(kinds, DeskKinds()) {
		t.Errorf("kinds with a case: %v, of %v", kinds, DeskKinds())
	}
	for raw, want := range map[string]error{
		`x`:                                  ErrUnreadable,
		`{"type":"send"}`:                    ErrUnknownKind,
		`{"type":"seen","seq":"3"}`:          ErrUnreadable,
		`{"type":"hello","threads":{"x":1}}`: ErrUnreadable,
		`{"type":"hello","threads":[]}`:      ErrUnreadable,
	} {
		if f, err := DecodeDesk([]byte(raw)); f != nil || !errors.Is(err, want) {
			t.Errorf("%s: %v, %v", raw, f, err)
		}
	}
}

// A page that shows more than a page can, or does not say what, counts as one that shows nothing.
func TestDeskHelloIsBounded(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for range maxShownThreads + 1 {
		many.WriteString(`"` + uuid.NewString() + `":1,`)
	}
	for _, raw := range []string{
		`{"type":"hello"}`,
		`{"type":"hello","light":{"` + id1.String() + `":1}}`,
		`{"type":"hello","threads":{` + strings.TrimSuffix(many.String(), ",") + `}}`,
	} {
		f, err := DecodeDesk([]byte(raw))
		if h, is := f.(DeskHello); err != nil || !is || h.Threads == nil || h.Light == nil || len(h.Threads)+len(h.Light) != 0 {
			t.Errorf("%.60s: %v, %v", raw, f, err)
		}
	}
}
