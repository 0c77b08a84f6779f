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

// Result is what is known when an answer is over, also when it failed.
type Result struct {
	Usage     Usage // zero when nothing was asked of the model, so that nothing was spent
	Truncated bool  // the answer reached MaxTokens and stops in the middle
}

// Stream asks, and calls piece with every piece of text as it comes; when piece returns an error, the answer is given up and
// that error returned. End is good also beside an error: what was answered until then has been paid for.
// The error is an *Error, or that of ctx or of piece. When Stream has returned, the connection is closed.
func (c *Client) Stream(ctx context.Context, r Request, piece func(string) error) (Result, error) {
	inner, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	whole := time.AfterFunc(c.limits.TotalTimeout, func() { stop(errTimeLimit) })
	defer whole.Stop()
	silence := time.AfterFunc(c.limits.FirstTextTimeout, func() { stop(errTimeLimit) })
	defer silence.Stop()

	a := &answer{client: c, piece: func(s string) error {
		silence.Stop() // the reader's time is not the server's
		defer silence.Reset(c.limits.SilenceTimeout)
		return piece(s)
	}}
	if r.MaxTokens > 0 {
		a.cutAfterTokens = 2 * r.MaxTokens // Tokens counts high, and the server counts for itself
	}
	response, sent, err := c.ask(inner, r)
	if err == nil {
		err = a.read(response.Body)
		response.Body.Close()
	}
	end := Result{Truncated: a.finish == "length" || errors.Is(err, errTooMuchText)}
	if sent {
		end.Usage = usageOf(a.usage, r, a.tokens())
	}
	switch {
	case errors.Is(err, errTooMuchText):
		err = nil
	case err != nil && ctx.Err() != nil:
		err = ctx.Err()
	case err != nil && a.pieceErr == nil && errors.Is(context.Cause(inner), errTimeLimit):
		err = &Error{Reason: TooSlow}
	}
	return end, err
}

var (
	errTimeLimit   = errors.New("a limit of time was reached")
	errTooMuchText = errors.New("the server writes more than was asked for")
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
			return nil, false, &Error{Reason: NotUnderstood}
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(encoded))
		if err != nil {
			return nil, false, &Error{Reason: WrongAddress}
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Accept", "text/event-stream, application/json")
		request.Header.Set("User-Agent", "Parley")
		if c.key != "" {
			request.Header.Set("Authorization", "Bearer "+string(c.key))
		}
		response, err := c.http.Do(request)
		if err != nil {
			return nil, sent.Load(), transportError(err)
		}
		if response.StatusCode == http.StatusOK {
			c.mu.Lock()
			c.dialect = speak
			c.mu.Unlock()
			return response, true, nil
		}
		said := readRefusal(response.Body)
		response.Body.Close()
		trouble := c.errorFor(response.StatusCode, response.Header, said, time.Now())
		plainer, another := speak.withoutUnsupported(said)
		if trouble.Reason != NotUnderstood || !another {
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
	client         *Client
	piece          func(string) error
	bytes          int // bytes of text so far
	quarters       int // of tokens, see Tokens
	finish         string
	usage          *usage
	cutAfterTokens int   // tokens after which the answer is cut here, for servers that do not; 0: never
	pieceErr       error // what piece returned
	events         int
}

// read reads a whole answer or a stream of pieces, whichever it is: some servers ignore what was asked for.
func (a *answer) read(from io.Reader) error {
	limits := a.client.limits
	// a stream wraps each few letters in some 300 bytes; what is longer than this is not an answer
	in := bufio.NewReaderSize(io.LimitReader(from, int64(limits.MaxAnswerBytes)*128+1<<20), limits.MaxLineBytes)
	for {
		b, err := in.Peek(1)
		if err != nil {
			return a.endAnswer(err)
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
	b, err := io.ReadAll(io.LimitReader(in, int64(a.client.limits.MaxAnswerBytes)*8+64<<10))
	if err != nil {
		return a.endAnswer(err)
	}
	if err := a.handleEvent(b); err != nil {
		return err
	}
	if a.bytes == 0 {
		return &Error{Reason: Empty}
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
			return &Error{Reason: NotUnderstood}
		}
		line = bytes.TrimRight(bytes.TrimPrefix(line, []byte("\ufeff")), "\r\n")
		if data, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			data = bytes.TrimSpace(data)
			if string(data) == "[DONE]" {
				return a.endAnswer(nil)
			}
			if lines++; lines > eventLines || len(event)+len(data) > a.client.limits.MaxLineBytes {
				return &Error{Reason: NotUnderstood}
			}
			event = append(event, data...)
			if ends := len(data) > 0 && data[len(data)-1] == '}'; ends && json.Valid(event) {
				// looked at where it may be whole, not at each line
				if err := a.handleEvent(event); err != nil {
					return err
				}
				event, lines = event[:0], 0
			}
		} else if len(line) == 0 && len(event) > 0 && err == nil {
			return &Error{Reason: NotUnderstood}
		}
		if err != nil {
			return a.endAnswer(err)
		}
	}
}

// handleEvent handles one event or one whole answer.
func (a *answer) handleEvent(b []byte) error {
	var c chunk
	if err := json.Unmarshal(b, &c); err != nil {
		return &Error{Reason: NotUnderstood}
	}
	if c.Error != nil {
		trouble := a.client.errorFor(http.StatusInternalServerError, nil, *c.Error, time.Now())
		if trouble.Reason == Unreachable && a.bytes > 0 {
			trouble.Reason = BrokeOff
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
			return &Error{Reason: Refused}
		}
		if err := a.emit(string(choice.Delta.Content + choice.Message.Content)); err != nil {
			return err
		}
	}
	return nil
}

func (a *answer) emit(text string) error {
	if text == "" {
		return nil
	}
	left := a.client.limits.MaxAnswerBytes - a.bytes
	tooLong := len(text) > left
	if tooLong {
		text = strings.ToValidUTF8(text[:left], "")
	}
	a.bytes += len(text)
	a.quarters += quarters(text)
	if text != "" {
		if a.pieceErr = a.piece(text); a.pieceErr != nil {
			return a.pieceErr
		}
	}
	switch {
	case tooLong:
		return &Error{Reason: AnswerTooLong}
	case a.cutAfterTokens > 0 && a.tokens() > a.cutAfterTokens:
		return errTooMuchText
	}
	return nil
}

func (a *answer) tokens() int { return (a.quarters + 3) / 4 }

// endAnswer says how an answer went that has come to its end, by itself (nil) or because nothing more came.
func (a *answer) endAnswer(err error) error {
	switch {
	case err != nil && a.events == 0 && errors.Is(err, io.EOF):
		return &Error{Reason: NotUnderstood}
	case err != nil && (a.finish == "" || !errors.Is(err, io.EOF)):
		return &Error{Reason: BrokeOff}
	case a.bytes == 0:
		return &Error{Reason: Empty}
	}
	return nil
}
