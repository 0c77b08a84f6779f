package model_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/app/domain/assist/model"
	"parley/app/domain/assist/modeltest"
	"parley/app/platform/fail"
)

const secret = "sk-test-0123456789abcdefghij"

var question = model.Request{
	Messages:  []model.Message{{Role: model.System, Text: "Answer."}, {Role: model.User, Text: "Where is my parcel?"}},
	MaxTokens: 500,
}

func client(t *testing.T, s *modeltest.Server, l model.Limits) *model.Client {
	t.Helper()
	c, err := model.New(model.Settings{BaseURL: s.BaseURL(), Key: secret, Model: "small-1", AllowedHosts: []string{s.Address()}, Limits: l})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ask(ctx context.Context, c *model.Client) (string, model.Result, error) {
	var b strings.Builder
	end, err := c.Stream(ctx, question, func(s string) error { b.WriteString(s); return nil })
	return b.String(), end, err
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for mode, want := range map[modeltest.Mode]model.Usage{
		modeltest.Good:                 {Prompt: 100, Completion: 50},
		modeltest.IgnoresStream:        {Prompt: 100, Completion: 50},
		modeltest.NoUsage:              {Prompt: question.EstimateTokens(), Completion: model.EstimateTokens(modeltest.GoodAnswer), Estimated: true},
		modeltest.RejectsStreamOptions: {Prompt: question.EstimateTokens(), Completion: model.EstimateTokens(modeltest.GoodAnswer), Estimated: true},
		modeltest.RejectsExtras:        {Prompt: question.EstimateTokens(), Completion: model.EstimateTokens(modeltest.GoodAnswer), Estimated: true},
		modeltest.RejectsMaxTokens:     {Prompt: 100, Completion: 50},
	} {
		t.Run(fmt.Sprint(mode), func(t *testing.T) {
			t.Parallel()
			s := modeltest.New(t, mode)
			c := client(t, s, model.Limits{})
			text, end, err := ask(t.Context(), c)
			if err != nil || text != modeltest.GoodAnswer || end.Truncated || end.Usage != want {
				t.Fatalf("got %q, %+v, %v; want usage %+v", text, end, err, want)
			}
			before := len(s.Requests())
			if _, _, err := ask(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if again := len(s.Requests()) - before; again != 1 {
				t.Errorf("%d requests for the second answer: what a server does not take was not remembered", again)
			}
			a := s.Requests()[before]
			if a.Model != "small-1" || !a.Stream || a.MaxTokens != 500 || a.Path != "/v1/chat/completions" ||
				a.Authorization != "Bearer "+secret || a.Messages[1] != (modeltest.Message{Role: "user", Content: "Where is my parcel?"}) {
				t.Errorf("asked %+v", a)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	noStart, noRest := model.Limits{FirstTextTimeout: 50 * time.Millisecond}, model.Limits{SilenceTimeout: 50 * time.Millisecond}
	for _, c := range []struct {
		mode   modeltest.Mode
		limits model.Limits
		why    model.Reason
		said   string
		some   bool // half of the answer came before, so it costs
	}{
		{modeltest.RefusesKey, model.Limits{}, model.KeyRefused, "Incorrect API key provided: … You can find your API key at …", false},
		{modeltest.NoCredit, model.Limits{}, model.NoCredit, "You exceeded your current quota, please check your plan and billing details.", false},
		{modeltest.RateLimits, model.Limits{}, model.RateLimited, "Rate limit reached for requests.", false},
		{modeltest.UnknownModel, model.Limits{}, model.ModelUnknown, "The model `small-1` does not exist or you do not have access to it.", false},
		{modeltest.TooLong, model.Limits{}, model.RequestTooLong, "This model's maximum context length is 4096 tokens.", false},
		{modeltest.Filters, model.Limits{}, model.Refused, "The response was filtered.", false},
		{modeltest.Fails, model.Limits{}, model.Unreachable, "", false},
		{modeltest.Garbage, model.Limits{}, model.NotUnderstood, "", false},
		{modeltest.Empty, model.Limits{}, model.Empty, "", false},
		{modeltest.Silent, noStart, model.TooSlow, "", false},
		{modeltest.Stalls, noRest, model.TooSlow, "", true},
		{modeltest.BreaksOff, model.Limits{}, model.BrokeOff, "", true},
		{modeltest.GarbledStream, model.Limits{}, model.NotUnderstood, "", true},
		{modeltest.FailsInside, model.Limits{}, model.BrokeOff, "The engine stopped.", true},
		{modeltest.FiltersInside, model.Limits{}, model.Refused, "", true},
		{modeltest.Huge, model.Limits{MaxAnswerBytes: 1000}, model.AnswerTooLong, "", true},
		{modeltest.HugeLine, model.Limits{MaxLineBytes: 10_000}, model.NotUnderstood, "", false},
	} {
		t.Run(fmt.Sprint(c.why, c.mode), func(t *testing.T) {
			t.Parallel()
			s := modeltest.New(t, c.mode)
			text, end, err := ask(t.Context(), client(t, s, c.limits))
			var e *model.Error
			if !errors.As(err, &e) || e.Reason != c.why || e.ServerMessage != c.said || e.Error() == "" {
				t.Fatalf("got %#v with %q, want %s with %q", err, e.ServerMessage, c.why, c.said)
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, e), "ghij") {
				t.Errorf("the key is in the error: %#v", e)
			}
			if c.some && (text == "" || !strings.HasPrefix(modeltest.GoodAnswer, text) && c.mode != modeltest.Huge ||
				end.Usage.Completion == 0) {
				t.Errorf("what came before was lost: %q %+v", text, end)
			}
			if fail.As(err) == nil || fail.As(err).Message != e.Error() {
				t.Errorf("not an error of the house: %v", fail.As(err))
			}
			if c.mode == modeltest.RateLimits && (e.RetryAfter != 7*time.Second || fail.As(err).RetryAfter != e.RetryAfter) {
				t.Errorf("retry after %v", e.RetryAfter)
			}
		})
	}
}

func TestAnswerIsTruncated(t *testing.T) {
	t.Parallel()
	s := modeltest.New(t, modeltest.Huge)
	text, end, err := ask(t.Context(), client(t, s, model.Limits{}))
	if err != nil || !end.Truncated || end.Usage.Completion < 1000 || end.Usage.Completion > 1100 {
		t.Errorf("%d bytes, %+v, %v", len(text), end, err)
	}
	<-s.Abandoned()
}

func TestCancelClosesTheConnection(t *testing.T) {
	t.Parallel()
	s := modeltest.New(t, modeltest.Slow)
	ctx, cancel := context.WithCancel(t.Context())
	pieces := make(chan string, 10)
	done := make(chan error, 1)
	c := client(t, s, model.Limits{})
	var end model.Result
	go func() {
		var err error
		end, err = c.Stream(ctx, question, func(p string) error { pieces <- p; return nil })
		done <- err
	}()
	s.Next(ctx)
	first := <-pieces
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) || first == "" {
		t.Errorf("%q, %v", first, err)
	}
	<-s.Abandoned()
	if end.Usage.Prompt == 0 || end.Usage.Completion == 0 {
		t.Errorf("what was spent before cancelling is not counted: %+v", end)
	}
}

func TestPieceErrorEndsStream(t *testing.T) {
	t.Parallel()
	s := modeltest.New(t, modeltest.Huge)
	enough := errors.New("enough")
	_, err := client(t, s, model.Limits{}).Stream(t.Context(), question, func(string) error { return enough })
	if err != enough {
		t.Errorf("got %v", err)
	}
	<-s.Abandoned()
}

func TestNeverFollowsARedirect(t *testing.T) {
	t.Parallel()
	other := modeltest.New(t, modeltest.Good)
	s := modeltest.New(t, modeltest.Redirects)
	s.SetRedirect(other.BaseURL() + "/chat/completions")
	c, err := model.New(model.Settings{BaseURL: s.BaseURL(), Key: secret, Model: "m", AllowedHosts: []string{s.Address(), other.Address()}})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ask(t.Context(), c); model.ReasonOf(err) != model.WrongAddress {
		t.Errorf("got %v", err)
	}
	if n := len(other.Requests()); n > 0 {
		t.Errorf("the other server got %d requests", n)
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	address := modeltest.UnreachableAddress(t)
	c, err := model.New(model.Settings{BaseURL: "http://" + address, Model: "m", AllowedHosts: []string{address}})
	if err != nil {
		t.Fatal(err)
	}
	_, end, err := ask(t.Context(), c)
	if model.ReasonOf(err) != model.Unreachable || end.Usage.Total() != 0 || strings.Contains(err.Error(), address) {
		t.Errorf("got %v, %+v", err, end)
	}
}

// TestUnusualAnswerForms are the odd but real shapes of answers.
func TestUnusualAnswerForms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body, want string
		why        model.Reason
	}{
		"CRLF and no space":    {"data:{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\r\n\r\ndata:[DONE]\r\n\r\n", "a", ""},
		"single newlines":      {"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\ndata: {\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\ndata: [DONE]\n", "ab", ""},
		"event of two lines":   {"data: {\"choices\":[{\"delta\":\ndata: {\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n", "a", ""},
		"names and comments":   {"\ufeff: hi\nevent: x\nid: 7\nretry: 1\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n", "a", ""},
		"no DONE":              {"data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n", "a", ""},
		"no last newline":      {"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]", "a", ""},
		"parts":                {"{\"choices\":[{\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"x\"}]}}]}", "a", ""},
		"pretty":               {"\n {\n\"choices\": [ {\"message\": {\"content\": \"a\"} } ]\n}\n", "a", ""},
		"null content":         {"{\"choices\":[{\"message\":{\"content\":null}}]}", "", model.Empty},
		"second choice":        {"{\"choices\":[{\"index\":1,\"message\":{\"content\":\"b\"}},{\"index\":0,\"message\":{\"content\":\"a\"}}]}", "a", ""},
		"odd usage":            {"{\"usage\":{\"prompt_tokens\":\"many\"},\"choices\":[{\"message\":{\"content\":\"a\"}}]}", "a", ""},
		"absurd usage":         {"{\"usage\":{\"prompt_tokens\":1e300,\"completion_tokens\":1e300},\"choices\":[{\"message\":{\"content\":\"a\"}}]}", "a", ""},
		"reasoning first":      {"data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n", "a", ""},
		"refusal":              {"{\"choices\":[{\"message\":{\"refusal\":\"I can't.\"}}]}", "", model.Refused},
		"error in 200":         {"{\"error\":{\"message\":\"model 'x' not found\"}}", "", model.ModelUnknown},
		"error as text in 200": {"{\"error\":\"model 'x' not found\"}", "", model.ModelUnknown},
		"cut JSON":             {"{\"choices\":[{\"message\":{\"content\":\"a", "", model.NotUnderstood},
		"number":               {"data: 5\n\n", "", model.NotUnderstood},
		"nothing":              {"", "", model.NotUnderstood},
		"only blank lines":     {"\n\n\n", "", model.NotUnderstood},
		"stops without a word": {"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n", "a", model.BrokeOff},
		"deep":                 {strings.Repeat("{\"choices\":[", 9000), "", model.NotUnderstood},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, c.body) }))
			defer s.Close()
			cl, err := model.New(model.Settings{BaseURL: s.URL, Model: "m", AllowedHosts: []string{strings.TrimPrefix(s.URL, "http://")}})
			if err != nil {
				t.Fatal(err)
			}
			text, end, err := ask(t.Context(), cl)
			if text != c.want || model.ReasonOf(err) != c.why || c.why == "" && err != nil {
				t.Errorf("got %q, %v; want %q, %s", text, err, c.want, c.why)
			}
			if end.Usage.Total() <= 0 || end.Usage.Total() > 20_000_000 {
				t.Errorf("usage %+v", end.Usage)
			}
		})
	}
}

func TestKeyIsNotPrinted(t *testing.T) {
	t.Parallel()
	s := model.Settings{Key: secret}
	b, _ := json.Marshal(s)
	c, err := model.New(model.Settings{BaseURL: "https://api.example.com/v1", Key: secret, Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	if all := fmt.Sprintf("%v %+v %#v %s %s %q %x %v %+v %#v %s", s, s, s, s.Key, b, s.Key, s.Key, c, c, c, c); strings.Contains(all, secret) {
		t.Error(all)
	}
}

func TestEstimateTokens(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"": 0, "a": 1, "abcd": 1, "abcde": 2, "äöü": 3, "مرحبا": 5, "\xff\xff": 2} {
		if got := model.EstimateTokens(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
