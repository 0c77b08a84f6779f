package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"parley/app/platform/access"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// TestProtocolExamples replays the examples of widget/PROTOCOL.md: ">" is sent, "<" must come back, "@" is done by
// the test. A $name stands for any value the first time and for the same one afterwards; $any for any.
func TestProtocolExamples(t *testing.T) {
	t.Parallel()
	examples := readExamples(t)
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	mia, err := traffic.LogIn(context.Background(), s.URL, o.Users[access.Agent].Email, testkit.Password)
	if err != nil {
		t.Fatal(err)
	}
	desk, err := mia.OpenDesk(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	known := map[string]string{}
	var socket *rawSocket
	connect := func() {
		socket = openRaw(t, s, o, "")
	}
	connect()
	ctx := context.Background()
	act := func(what string) {
		t.Helper()
		var err error
		switch what {
		case "a new socket":
			connect()
		case `the agent takes the conversation and answers "It left us today."`:
			if err = mia.Take(ctx, known["$conversation"]); err == nil {
				err = mia.Reply(ctx, known["$conversation"], "It left us today.")
			}
		case "the agent types":
			time.Sleep(50 * time.Millisecond)
			err = desk.WriteJSON(map[string]string{"type": "typing", "conversation": known["$conversation"]})
		case "a mail with a link goes to the visitor":
			known["$code"] = newCode(t, s, o, visitorID(t, known["$token"], o))
		case "the agent closes the conversation":
			err = mia.CloseConversation(ctx, known["$conversation"])
		default:
			t.Fatalf("the page asks for something unknown: %s", what)
		}
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	for _, e := range examples {
		posted := "" // the answer to the last post
		for _, line := range strings.Split(strings.TrimSpace(e[2]), "\n") {
			kind, rest, _ := strings.Cut(line, " ")
			switch kind {
			case ">":
				for name, value := range known {
					rest = strings.ReplaceAll(rest, `"`+name+`"`, `"`+value+`"`)
				}
				switch e[1] {
				case "post":
					var status int
					if status, posted = postBody(t, s, o, 0, "", rest); status != http.StatusOK {
						t.Fatalf("%d %s", status, posted)
					}
				case "return":
					_, _, posted = postReturn(t, s, o.Key, "", rest)
				default:
					socket.send(rest)
				}
			case "<":
				raw := posted
				if e[1] == "example" {
					raw = socket.next()
				}
				expectExample(t, rest, raw, known)
			case "@":
				act(rest)
			default:
				t.Fatalf("unreadable line in an example: %s", line)
			}
		}
	}
}

// match compares a frame with what the page says, field by field, none more and none less.
func match(want, got any, known map[string]string) error {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("an object was expected, not %v", got)
		}
		for k := range g {
			if _, there := w[k]; !there {
				return fmt.Errorf("unexpected field %q", k)
			}
		}
		for k, v := range w {
			if err := match(v, g[k], known); err != nil {
				return fmt.Errorf("%s: %w", k, err)
			}
		}
		return nil
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Errorf("a list of %d was expected, not %v", len(w), got)
		}
		for i := range w {
			if err := match(w[i], g[i], known); err != nil {
				return err
			}
		}
		return nil
	case string:
		g, ok := got.(string)
		if !ok {
			return fmt.Errorf("a text was expected, not %v", got)
		}
		if w == "$any" && g != "" {
			return nil
		}
		if strings.HasPrefix(w, "$") {
			if before, there := known[w]; there && before != g {
				return fmt.Errorf("%s was %q and is %q", w, before, g)
			}
			known[w] = g
			return nil
		}
	}
	if want != got {
		return fmt.Errorf("%v was expected, not %v", want, got)
	}
	return nil
}

// expectExample checks that what the server sent is what the page says.
func expectExample(t *testing.T, rest, raw string, known map[string]string) {
	t.Helper()
	var want, got any
	if err := json.Unmarshal([]byte(rest), &want); err != nil {
		t.Fatalf("%s: %v", rest, err)
	}
	if err := json.Unmarshal([]byte(raw), &got); err != nil {
		t.Fatal(err)
	}
	if err := match(want, got, known); err != nil {
		t.Fatalf("%v\n the page says %s\n the server    %s", err, rest, raw)
	}
}

// readExamples reads the examples of widget/PROTOCOL.md: of each its kind (example, post, return) and its lines.
func readExamples(t *testing.T) [][]string {
	t.Helper()
	page, err := os.ReadFile("../../widget/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```(example|post|return)\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(examples) < 8 {
		t.Fatalf("only %d examples found", len(examples))
	}
	return examples
}
