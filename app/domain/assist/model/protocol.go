package model

import "encoding/json"

// What goes out and comes back on the wire; only what is used of it.

type body struct {
	Model               string         `json:"model"`
	Messages            []wireMessage  `json:"messages"`
	Stream              bool           `json:"stream"`
	StreamOptions       *streamOptions `json:"stream_options,omitempty"`
	MaxTokens           int            `json:"max_tokens,omitempty"`
	MaxCompletionTokens int            `json:"max_completion_tokens,omitempty"`
	Temperature         *float64       `json:"temperature,omitempty"`
}

type wireMessage struct {
	Role    Role   `json:"role"`
	Content string `json:"content"`
}

type streamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

// chunk is one event of a stream and also a whole answer: the one says delta where the other says message.
type chunk struct {
	Choices []struct {
		Index        int    `json:"index"`
		Delta        delta  `json:"delta"`
		Message      delta  `json:"message"`
		FinishReason string `json:"finish_reason"`
	} `json:"choices"`
	Usage *usage   `json:"usage"`
	Error *refusal `json:"error"`
}

type delta struct {
	Content content `json:"content"`
	Refusal string  `json:"refusal"`
}

type usage struct {
	Prompt     float64 `json:"prompt_tokens"`
	Completion float64 `json:"completion_tokens"`
}

// UnmarshalJSON takes what it understands: odd figures must not cost an answer.
func (u *usage) UnmarshalJSON(b []byte) error {
	type plain usage
	var p plain
	if json.Unmarshal(b, &p) == nil {
		*u = usage(p)
	}
	return nil
}

// content is a text, or a list of parts of which some are text.
type content string

// UnmarshalJSON takes both forms; what is neither has no text.
func (c *content) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*c = content(s)
		return nil
	}
	var parts []struct{ Text string }
	if json.Unmarshal(b, &parts) == nil {
		for _, p := range parts {
			*c += content(p.Text)
		}
	}
	return nil
}

// dialect is what a server does not take of the protocol; servers differ, and say so only when asked.
type dialect struct {
	noUsage       bool // stream_options
	noTemperature bool
	cap           capField
}

// capField is how the longest answer is asked for.
type capField int

const (
	maxTokens capField = iota
	maxCompletionTokens
	noCap
)

func (c *Client) encode(r Request, d dialect) ([]byte, error) {
	b := body{Model: c.model, Stream: true}
	for _, m := range r.Messages {
		b.Messages = append(b.Messages, wireMessage{Role: m.Role, Content: m.Text})
	}
	if !d.noUsage {
		b.StreamOptions = &streamOptions{IncludeUsage: true}
	}
	if !d.noTemperature {
		b.Temperature = r.Temperature
	}
	switch d.cap {
	case maxTokens:
		b.MaxTokens = r.MaxTokens
	case maxCompletionTokens:
		b.MaxCompletionTokens = r.MaxTokens
	}
	return json.Marshal(b)
}

// withoutUnsupported returns a plainer dialect after a refusal, and whether there is one worth trying.
func (d dialect) withoutUnsupported(r refusal) (dialect, bool) {
	was := d
	switch {
	case r.mentions("max_completion_tokens") && d.cap == maxTokens:
		d.cap = maxCompletionTokens
	case r.mentions("max_tokens", "max_completion_tokens") && !r.mentions("context") && d.cap != noCap:
		d.cap++
	case r.mentions("temperature"):
		d.noTemperature = true
	default: // named, or nothing that is known: this is the field that older servers stumble over
		d.noUsage = true
	}
	return d, d != was
}
