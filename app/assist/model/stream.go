package model

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"
)

// Role says whose words a message of a request holds.
type Role string

// The roles of the protocol.
const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
)

// Message is one message of a request.
type Message struct {
	Role Role
	Text string
}

// Request is what the model is asked.
type Request struct {
	Messages    []Message
	MaxTokens   int      // longest answer; 0 leaves it to the server
	Temperature *float64 // nil leaves it to the server
}

// End is what is known when an answer is over, also when it failed.
type End struct {
	Usage Usage // zero when nothing was asked of the model, so that nothing was spent
	Cut   bool  // the answer reached MaxTokens and stops in the middle
}

// Stream asks, and calls piece with every piece of text as it comes; when piece returns an error, the answer is given up and
// that error returned. End is good also beside an error: what was answered until then has been paid for.
// The error is an *Error, or that of ctx or of piece. When Stream has returned, the connection is closed.
func (c *Client) Stream(ctx context.Context, r Request, piece func(string) error) (End, error) {
	inner, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	whole := time.AfterFunc(c.limits.Whole, func() { stop(errSlow) })
	defer whole.Stop()
	silence := time.AfterFunc(c.limits.First, func() { stop(errSlow) })
	defer silence.Stop()

	a := &answer{client: c, piece: func(s string) error {
		silence.Stop() // the reader's time is not the server's
		defer silence.Reset(c.limits.Silence)
		return piece(s)
	}}
	if r.MaxTokens > 0 {
		a.enough = 2 * r.MaxTokens // Tokens counts high, and the server counts for itself
	}
	response, sent, err := c.ask(inner, r)
	if err == nil {
		err = a.read(response.Body)
		response.Body.Close()
	}
	end := End{Cut: a.finish == "length" || errors.Is(err, errEnough)}
	if sent {
		end.Usage = bill(a.usage, r, a.tokens())
	}
	switch {
	case errors.Is(err, errEnough):
		err = nil
	case err != nil && ctx.Err() != nil:
		err = ctx.Err()
	case err != nil && a.stopped == nil && errors.Is(context.Cause(inner), errSlow):
		err = &Error{Why: TooSlow}
	}
	return end, err
}

var (
	errSlow   = errors.New("a limit of time was reached")
	errEnough = errors.New("the server writes more than was asked for")
)

// ask sends the request until the server takes it, each time without what it said it does not know. It also reports whether
// the server may charge for it: not when it refused, but when nobody knows what became of it.
func (c *Client) ask(ctx context.Context, r Request) (*http.Response, bool, error) {
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(w httptrace.WroteRequestInfo) { sent.Store(w.Err == nil) },
	})
	c.mu.Lock()
	speak := c.dialect
	c.mu.Unlock()
	for {
		encoded, err := c.encode(r, speak)
		if err != nil {
			return nil, false, &Error{Why: NotUnderstood}
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(encoded))
		if err != nil {
			return nil, false, &Error{Why: WrongAddress}
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Accept", "text/event-stream, application/json")
		request.Header.Set("User-Agent", "Parley")
		if c.key != "" {
			request.Header.Set("Authorization", "Bearer "+string(c.key))
		}
		response, err := c.http.Do(request)
		if err != nil {
			return nil, sent.Load(), unreachable(err)
		}
		if response.StatusCode == http.StatusOK {
			c.mu.Lock()
			c.dialect = speak
			c.mu.Unlock()
			return response, true, nil
		}
		said := readRefusal(response.Body)
		response.Body.Close()
		trouble := c.trouble(response.StatusCode, response.Header, said, time.Now())
		plainer, another := speak.without(said)
		if trouble.Why != NotUnderstood || !another {
			return nil, false, trouble
		}
		speak = plainer
		sent.Store(false)
	}
}

// readRefusal reads the first of what was said with an error status; what is not JSON says nothing.
func readRefusal(from io.Reader) refusal {
	var r refusal
	if b, _ := io.ReadAll(io.LimitReader(from, 16<<10)); json.Valid(b) {
		_ = json.Unmarshal(b, &r) // takes every valid JSON
	}
	return r
}

// answer is one answer while it comes.
type answer struct {
	client   *Client
	piece    func(string) error
	got      int // bytes of text so far
	quarters int // of tokens, see Tokens
	finish   string
	usage    *usage
	enough   int   // tokens after which the answer is cut here, for servers that do not; 0: never
	stopped  error // what piece returned
	events   int
}

// read reads a whole answer or a stream of pieces, whichever it is: some servers ignore what was asked for.
func (a *answer) read(from io.Reader) error {
	limits := a.client.limits
	// a stream wraps each few letters in some 300 bytes; what is longer than this is not an answer
	in := bufio.NewReaderSize(io.LimitReader(from, int64(limits.Answer)*128+1<<20), limits.Line)
	for {
		b, err := in.Peek(1)
		if err != nil {
			return a.over(err)
		}
		if b[0] == '{' {
			return a.readWhole(in)
		}
		if !bytes.ContainsAny(b, " \t\r\n") {
			return a.readEvents(in)
		}
		_, _ = in.Discard(1)
	}
}

func (a *answer) readWhole(in io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(in, int64(a.client.limits.Answer)*8+64<<10))
	if err != nil {
		return a.over(err)
	}
	if err := a.take(b); err != nil {
		return err
	}
	if a.got == 0 {
		return &Error{Why: Empty}
	}
	return nil
}

// readEvents reads server-sent events. Each data line is tried by itself, since not every server ends events with the empty
// line; an event of several lines is put together.
// eventLines is how many lines one event may have; usual servers write one.
const eventLines = 64

func (a *answer) readEvents(in *bufio.Reader) error {
	var event []byte
	lines := 0 // of the event
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return &Error{Why: NotUnderstood}
		}
		line = bytes.TrimRight(bytes.TrimPrefix(line, []byte("\ufeff")), "\r\n")
		if data, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			data = bytes.TrimSpace(data)
			if string(data) == "[DONE]" {
				return a.over(nil)
			}
			if lines++; lines > eventLines || len(event)+len(data) > a.client.limits.Line {
				return &Error{Why: NotUnderstood}
			}
			event = append(event, data...)
			if ends := len(data) > 0 && data[len(data)-1] == '}'; ends && json.Valid(event) { // looked at where it may be whole, not at each line
				if err := a.take(event); err != nil {
					return err
				}
				event, lines = event[:0], 0
			}
		} else if len(line) == 0 && len(event) > 0 && err == nil {
			return &Error{Why: NotUnderstood}
		}
		if err != nil {
			return a.over(err)
		}
	}
}

// take handles one event or one whole answer.
func (a *answer) take(b []byte) error {
	var c chunk
	if err := json.Unmarshal(b, &c); err != nil {
		return &Error{Why: NotUnderstood}
	}
	if c.Error != nil {
		trouble := a.client.trouble(http.StatusInternalServerError, nil, *c.Error, time.Now())
		if trouble.Why == NotReachable && a.got > 0 {
			trouble.Why = BrokeOff
		}
		return trouble
	}
	a.events++
	if c.Usage != nil {
		a.usage = c.Usage
	}
	for _, choice := range c.Choices {
		if choice.Index != 0 {
			continue // one answer was asked for
		}
		if choice.FinishReason != "" {
			a.finish = choice.FinishReason
		}
		if choice.Delta.Refusal != "" || choice.Message.Refusal != "" || a.finish == "content_filter" {
			return &Error{Why: Refused}
		}
		if err := a.say(string(choice.Delta.Content + choice.Message.Content)); err != nil {
			return err
		}
	}
	return nil
}

func (a *answer) say(text string) error {
	if text == "" {
		return nil
	}
	room := a.client.limits.Answer - a.got
	tooLong := len(text) > room
	if tooLong {
		text = strings.ToValidUTF8(text[:room], "")
	}
	a.got += len(text)
	a.quarters += quarters(text)
	if text != "" {
		if a.stopped = a.piece(text); a.stopped != nil {
			return a.stopped
		}
	}
	switch {
	case tooLong:
		return &Error{Why: AnswerTooLong}
	case a.enough > 0 && a.tokens() > a.enough:
		return errEnough
	}
	return nil
}

func (a *answer) tokens() int { return (a.quarters + 3) / 4 }

// over says how an answer went that has come to its end, by itself (nil) or because nothing more came.
func (a *answer) over(err error) error {
	switch {
	case err != nil && a.events == 0 && errors.Is(err, io.EOF):
		return &Error{Why: NotUnderstood}
	case err != nil && (a.finish == "" || !errors.Is(err, io.EOF)):
		return &Error{Why: BrokeOff}
	case a.got == 0:
		return &Error{Why: Empty}
	}
	return nil
}
