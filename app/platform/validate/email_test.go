package validate_test

import (
	"net/mail"
	"strings"
	"testing"

	"parley/app/platform/validate"
)

func TestEmail(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"anna@shop.example":                          "anna@shop.example",
		"  Anna.Lee+shop@Shop.Example ":              "anna.lee+shop@shop.example",
		"o'neil@shop.example":                        "o'neil@shop.example",
		"mia@localhost":                              "mia@localhost",
		"a@bücher.example":                           "a@xn--bcher-kva.example",
		"a@BÜCHER.example":                           "a@xn--bcher-kva.example",
		"a@xn--bcher-kva.example":                    "a@xn--bcher-kva.example",
		"sales?bcc=spy@evil.example":                 "sales?bcc=spy@evil.example", // one address, by the book
		"a&b%c#d/e+f=g@shop.example":                 "a&b%c#d/e+f=g@shop.example",
		"a@3com.example":                             "a@3com.example",
		strings.Repeat("a", 64) + "@a.example":       strings.Repeat("a", 64) + "@a.example",
		strings.Repeat("a", 65) + "@a.example":       "",
		"a@" + strings.Repeat("b", 64) + ".org":      "",
		"a@" + strings.Repeat("b.", 126) + "example": "",
		"a@" + strings.Repeat("é", 60) + ".example":  "", // longer than a label may be, in ASCII
		"":              "",
		"anna":          "",
		"@shop.example": "",
		"anna@":         "",
		"anna@shop":     "",
		"sales?bcc=spy@evil.example,x@shop.example": "",
		"a@x.example,b@y.example":                   "",
		"a@x.example b@y.example":                   "",
		"a@x.example;b@y.example":                   "",
		"a@b@c.example":                             "",
		"Anna <anna@shop.example>":                  "",
		"<anna@shop.example>":                       "",
		"anna(home)@shop.example":                   "",
		"anna@shop.example (home)":                  "",
		`"anna lee"@shop.example`:                   "",
		`"anna"@shop.example`:                       "",
		"anna@[192.0.2.1]":                          "",
		"anna@[IPv6:2001:db8::1]":                   "",
		"anna@192.0.2.1":                            "",
		".anna@shop.example":                        "",
		"anna.@shop.example":                        "",
		"an..na@shop.example":                       "",
		"anna@-shop.example":                        "",
		"anna@shop-.example":                        "",
		"anna@shop..example":                        "",
		"anna@shop.example.":                        "",
		"anna@shop_1.example":                       "",
		"anna@shop.example?bcc=x":                   "",
		"anna@shop.example\nbcc: x@y.test":          "",
		"änna@shop.example":                         "",
		"anna@xn--a.example":                        "",
		"anna@sho\xffp.example":                     "",
	} {
		got, err := validate.Email(in)
		if want == "" {
			if err == nil {
				t.Errorf("%q is taken as %q", in, got)
			} else if !strings.Contains(err.Error(), "Type the address") && !strings.Contains(err.Error(), "Enter") && !strings.Contains(err.Error(), "Example") {
				t.Errorf("%q: nothing says what to do: %v", in, err)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("%q is %q (%v), not %q", in, got, err, want)
		}
		if again, err := validate.Email(got); again != got || err != nil {
			t.Errorf("%q has another form: %q %v", got, again, err)
		}
		if a, err := mail.ParseAddress(got); err != nil || a.Address != got {
			t.Errorf("a mail cannot be sent to %q: %v", got, err)
		}
	}
}

// What nobody sees is refused, and the message says that this is the reason.
func TestEmailRejectsInvisible(t *testing.T) {
	t.Parallel()
	for _, r := range "\u202e\u2066\u2069\u200e\u200f\u061c\u200b\u200c\u200d\ufeff\u00ad\u2028\u2029\u115f\u3164\ufe0f\u2800\x00\t\x7f\u0085\U000e0041\u00a0\u2009\u202f\u3000\u034f\u180e\u2060\u206a" {
		for _, s := range []string{"an" + string(r) + "na@shop.example", "anna@sh" + string(r) + "op.example"} {
			if _, err := validate.Email(s); err == nil || !strings.Contains(err.Error(), "invisible") {
				t.Errorf("%q: %v", s, err)
			}
		}
	}
}

func FuzzEmail(f *testing.F) {
	f.Add("anna@shop.example")
	f.Add("a@bücher.example")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := validate.Email(s)
		if err != nil {
			return
		}
		if a, err := mail.ParseAddress(got); err != nil || a.Address != got || a.Name != "" {
			t.Fatalf("%q gives %q, which is no address: %v", s, got, err)
		}
		if list, err := mail.ParseAddressList(got); err != nil || len(list) != 1 {
			t.Fatalf("%q gives %q, which is not one address", s, got)
		}
		if again, err := validate.Email(got); err != nil || again != got {
			t.Fatalf("%q gives %q, which gives %q (%v)", s, got, again, err)
		}
	})
}
