package pg

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// unansweredTimeout ends a connection on which something sent was not received for 15 seconds.
func unansweredTimeout(network, _ string, c syscall.RawConn) (err error) {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	if failed := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 15_000)
	}); failed != nil {
		return failed
	}
	return err
}
