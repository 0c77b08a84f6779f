package desk_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"parley/app/domain/conversation"
	model "parley/app/front/desk"
	"parley/templates/desk"
)

// The link of a visitor's address writes to that address only, whatever is in it: no copy, no subject.
func TestAsideMailToOnlyTheAddress(t *testing.T) {
	t.Parallel()
	for email, want := range map[string]string{
		"anna@home.example":                         `<a href="mailto:anna@home.example">`,
		"sales?bcc=spy@evil.example":                `<a href="mailto:sales%3Fbcc%3Dspy@evil.example">`,
		"sales?bcc=spy@evil.example,x@shop.example": `<a href="mailto:sales%3Fbcc%3Dspy%40evil.example%2Cx@shop.example">`,
		`x" onclick="alert(1)@shop.example`:         `<a href="mailto:x%22%20onclick%3D%22alert%281%29@shop.example">`,
	} {
		var out bytes.Buffer
		if err := desk.Aside(model.Aside{Details: conversation.Details{Email: email}}, time.Now()).Render(context.Background(), &out); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not linked as %s:\n%s", email, want, &out)
		}
	}
}
