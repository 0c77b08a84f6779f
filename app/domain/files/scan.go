package files

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// scan asks a clamd at an address about a file, with its INSTREAM command (clamd(8)): pieces with their length in four
// bytes before them, an empty one at the end. found is what it has found; empty: nothing.
func scan(ctx context.Context, address string, from io.Reader) (found string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if end, set := ctx.Deadline(); set {
		c.SetDeadline(end)
	}
	if _, err := io.WriteString(c, "zINSTREAM\x00"); err != nil {
		return "", err
	}
	chunk := make([]byte, 64<<10)
	for {
		n, err := io.ReadFull(from, chunk)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return "", err
		}
		if _, err := c.Write(binary.BigEndian.AppendUint32(nil, uint32(n))); err != nil {
			return "", err
		}
		if n == 0 {
			break
		}
		if _, err := c.Write(chunk[:n]); err != nil {
			return "", err
		}
	}
	answer, err := io.ReadAll(io.LimitReader(c, 1000))
	if err != nil {
		return "", err
	}
	answerText := strings.TrimPrefix(strings.TrimRight(string(answer), "\x00\n"), "stream: ")
	if name, bad := strings.CutSuffix(answerText, " FOUND"); bad {
		return name, nil
	}
	if answerText != "OK" {
		return "", fmt.Errorf("clamd says %q", answerText)
	}
	return "", nil
}
