package simulate

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// Piped is a policy behind the protocol of lines, in a program or a function.
type Piped struct {
	in  io.Closer
	w   *bufio.Writer
	r   *bufio.Reader
	buf []byte
}

// NewPiped returns the policy that reads its events from the other end of in and answers on out.
func NewPiped(in io.WriteCloser, out io.Reader) *Piped {
	return &Piped{in: in, w: bufio.NewWriterSize(in, 1<<16), r: bufio.NewReaderSize(out, 1<<16)}
}

// PipeFunc starts a function that speaks the protocol, such as routing.Drive.
func PipeFunc(drive func(io.Reader, io.Writer) error) *Piped {
	in, w := io.Pipe()
	r, out := io.Pipe()
	go func() {
		err := drive(in, out)
		in.CloseWithError(err)
		out.CloseWithError(err)
	}()
	return NewPiped(w, r)
}

// Event sends one line; it is buffered until the next decision.
func (p *Piped) Event(e *Event) error {
	p.buf = e.AppendLine(p.buf[:0])
	_, err := p.w.Write(p.buf)
	return err
}

// Decide sends "decide" and reads one line, the answer.
func (p *Piped) Decide(t float64, seq int) (d Decision, err error) {
	p.buf = AppendDecide(p.buf[:0], t, seq)
	if _, err := p.w.Write(p.buf); err != nil {
		return d, err
	}
	if err := p.w.Flush(); err != nil {
		return d, fmt.Errorf("decide %d: %w", seq, err)
	}
	line, err := p.r.ReadBytes('\n')
	if err != nil {
		return d, fmt.Errorf("decide %d: no answer: %w", seq, err)
	}
	if err := json.Unmarshal(line, &d); err != nil {
		return d, fmt.Errorf("decide %d: %w in %q", seq, err, line)
	}
	if d.Seq != seq {
		return d, fmt.Errorf("decide %d: answered as %d", seq, d.Seq)
	}
	return d, nil
}

// Close ends the input of the policy.
func (p *Piped) Close() error {
	if err := p.w.Flush(); err != nil {
		return err
	}
	return p.in.Close()
}
