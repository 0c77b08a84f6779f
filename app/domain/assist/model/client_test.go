package model_test

import (
	"testing"

	"parley/app/domain/assist/model"
	"parley/app/platform/fail"
)

// TestPrivateAddressesAreRefused asks through a client, as names and odd spellings of addresses are resolved on the way.
func TestPrivateAddressesAreRefused(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"https://localhost:9", "https://127.0.0.1:9", "https://[::1]:9", "https://0.0.0.0:9",
		"https://[::ffff:127.0.0.1]:9", "https://169.254.169.254", "https://10.1.2.3",
	} {
		c, err := model.New(model.Settings{BaseURL: base, Model: "m", AllowedHosts: []string{"127.0.0.1:10", "other:9"}})
		if err != nil {
			t.Fatal(base, err)
		}
		if _, end, err := ask(t.Context(), c); model.ReasonOf(err) != model.AddressPrivate || end.Usage.Total() != 0 {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestParseBaseURL(t *testing.T) {
	t.Parallel()
	inside := []string{"llm:8080", "127.0.0.1:80"}
	for in, want := range map[string]string{
		"https://api.example.com/v1":                   "https://api.example.com/v1",
		" https://API.example.com/v1/ ":                "https://api.example.com/v1",
		"https://api.example.com/v1/chat/completions":  "https://api.example.com/v1",
		"https://api.example.com/v1/chat/completions/": "https://api.example.com/v1",
		"https://api.example.com":                      "https://api.example.com",
		"http://llm:8080/v1":                           "http://llm:8080/v1",
		"http://LLM:8080/v1":                           "http://llm:8080/v1",
		"http://127.0.0.1":                             "http://127.0.0.1",
		"http://api.example.com/v1":                    "",
		"http://llm:8081":                              "",
		"https://user:pass@api.example.com":            "",
		"https://api.example.com/?a=b":                 "",
		"https://api.example.com/#x":                   "",
		"ftp://api.example.com":                        "",
		"api.example.com":                              "",
		"https://":                                     "",
		"":                                             "",
		"https://api.example.com/\x00":                 "",
	} {
		got, err := model.ParseBaseURL(in, inside)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
		if err != nil && fail.KindOf(err) != fail.Invalid {
			t.Errorf("%q: %v is not for a form", in, err)
		}
	}
}

func TestInvalidSettings(t *testing.T) {
	t.Parallel()
	_, err := model.New(model.Settings{BaseURL: "x", Key: "a\nb", Model: ""})
	f := fail.As(err)
	if f == nil || f.Fields["base_url"] == "" || f.Fields["key"] == "" || f.Fields["model"] == "" {
		t.Errorf("got %v", err)
	}
}
