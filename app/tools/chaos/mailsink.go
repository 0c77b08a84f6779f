package chaos

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"time"
)

// newMailSink starts a mail server that takes everything, a little slowly, and returns its host and port.
func newMailSink(ctx context.Context) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	context.AfterFunc(ctx, func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serveSMTP(conn)
		}
	}()
	return listener.Addr().String(), nil
}

func serveSMTP(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	say := func(line string) { time.Sleep(5 * time.Millisecond); io.WriteString(conn, line+"\r\n") }
	say("220 sink ESMTP")
	for text := false; ; {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " ")
		switch {
		case text && strings.TrimSpace(line) != ".":
		case text:
			text = false
			say("250 taken")
		case verb == "DATA":
			text = true
			say("354 go on")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 fine")
		}
	}
}
