package modeltest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// ServeHTTP answers as the mode says.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	asked, fields := decode(body)
	asked.Path, asked.Authorization = r.URL.Path, r.Header.Get("Authorization")

	s.mu.Lock()
	mode, elsewhere, answerTo := s.mode, s.redirectTo, s.answer
	s.mu.Unlock()
	answer := answerTo(asked)
	s.record(asked)

	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/chat/completions") {
		http.NotFound(w, r)
		return
	}
	has := func(names ...string) bool {
		for _, name := range names {
			if _, there := fields[name]; there {
				return true
			}
		}
		return false
	}
	out := &stream{server: s, w: w, r: r}
	switch mode {
	case RefusesKey:
		writeError(w, 401, "invalid_api_key",
			"Incorrect API key provided: "+maskKey(asked.Authorization)+". You can find your API key at https://provider.example/keys.")
	case NoCredit:
		writeError(w, 429, "insufficient_quota", "You exceeded your current quota, please check your plan and billing details.")
	case RateLimits:
		w.Header().Set("Retry-After", "7")
		writeError(w, 429, "rate_limit_exceeded", "Rate limit reached for requests.")
	case UnknownModel:
		writeError(w, 404, "model_not_found", fmt.Sprintf("The model `%s` does not exist or you do not have access to it.", asked.Model))
	case TooLong:
		writeError(w, 400, "context_length_exceeded", "This model's maximum context length is 4096 tokens.")
	case Filters:
		writeError(w, 400, "content_filter", "The response was filtered.")
	case Fails:
		http.Error(w, "<html><body><pre>Traceback: secret_function() at 10.0.0.7</pre></body></html>", 500)
	case Redirects:
		http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
	case Garbage:
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<!doctype html><title>Welcome</title><p>Log in to the network of the hotel</p>")
	case Silent:
		out.waitForClient()
	case IgnoresStream:
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{
			"choices": []any{map[string]any{
				"index":         0,
				"finish_reason": "stop",
				"message":       map[string]string{"role": "assistant", "content": answer},
			}},
			"usage": map[string]int{"prompt_tokens": 100, "completion_tokens": 50},
		})
	default:
		switch {
		case mode == RejectsStreamOptions && has("stream_options"):
			writeError(w, 400, "", "Unrecognized request argument supplied: stream_options")
		case mode == RejectsMaxTokens && has("max_tokens"):
			writeError(w, 400, "unsupported_parameter",
				"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.")
		case mode == RejectsExtras && has("stream_options"):
			writeError(w, 422, "", "Unprocessable Entity")
		default:
			out.write(mode, answer, has("stream_options"))
		}
	}
}

func maskKey(authorization string) string {
	key := strings.TrimPrefix(authorization, "Bearer ")
	if len(key) < 8 {
		return key
	}
	return key[:4] + "****" + key[len(key)-4:]
}

func writeError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"message": message, "type": "error", "code": code}})
}

// stream is one streamed answer.
type stream struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
}

func (o *stream) write(mode Mode, answer string, usage bool) {
	o.w.Header().Set("Content-Type", "text/event-stream")
	o.raw(": a comment first\n\n")
	switch mode {
	case Injected:
		answer = InjectedAnswer
	case Empty:
		answer = ""
	case Huge:
		for o.piece("and so on, ") {
		}
		o.server.noteAbandoned()
		return
	case HugeLine:
		o.raw("data: ")
		for o.raw(strings.Repeat("x", 4096)) {
		}
		o.server.noteAbandoned()
		return
	}
	pieces := splitPieces(answer)
	for i, p := range pieces {
		if i >= len(pieces)/2 {
			switch mode {
			case Stalls:
				o.waitForClient()
				return
			case BreaksOff:
				panic(http.ErrAbortHandler)
			case GarbledStream:
				o.raw("data: {\"choices\": [{]\n\n")
				return
			case FailsInside:
				o.raw("data: {\"error\":{\"message\":\"The engine stopped.\",\"code\":500}}\n\n")
				return
			case FiltersInside:
				o.event(`{"choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}`)
				return
			}
		}
		if mode == Slow {
			select {
			case <-o.server.next:
			case <-o.r.Context().Done():
				o.server.noteAbandoned()
				return
			case <-o.server.done:
				return
			}
		}
		if !o.piece(p) {
			o.server.noteAbandoned()
			return
		}
	}
	o.event(`{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}`)
	if usage && mode != NoUsage {
		o.event(`{"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150}}`)
	}
	o.raw("data: [DONE]\n\n")
}

// splitPieces cuts a text into small pieces, as a model does.
func splitPieces(s string) []string {
	var out []string
	for r := []rune(s); len(r) > 0; {
		n := min(5, len(r))
		out, r = append(out, string(r[:n])), r[n:]
	}
	return out
}

func (o *stream) piece(text string) bool {
	b, _ := json.Marshal(text)
	return o.event(`{"choices":[{"index":0,"delta":{"content":` + string(b) + `},"finish_reason":null}]}`)
}

func (o *stream) event(data string) bool { return o.raw("data: " + data + "\n\n") }

// raw writes and reports whether the other side is still there.
func (o *stream) raw(s string) bool {
	_, err := io.WriteString(o.w, s)
	if err == nil {
		err = http.NewResponseController(o.w).Flush()
	}
	return err == nil && o.r.Context().Err() == nil
}

// waitForClient says nothing until the other side gives up or the test is over.
func (o *stream) waitForClient() {
	select {
	case <-o.r.Context().Done():
		o.server.noteAbandoned()
	case <-o.server.done:
	}
}
