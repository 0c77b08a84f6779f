package wire

import (
	"errors"
	"log/slog"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// poller calls notify when a connection has something to read, once for each call of wait. It is epoll. (The runtime's own poller needs a
// goroutine that waits, which is most of what an idle connection would cost.)
type poller struct {
	notify func(*visitorConn)
	once   sync.Once
	fd     int
	err    error
	mu     sync.Mutex
	conns  []*visitorConn // by descriptor
}

func newPoller(notify func(*visitorConn)) *poller { return &poller{notify: notify} }

// add adds a connection, for which wait can be called then. remove must be called before it is closed.
func (p *poller) add(v *visitorConn) error {
	p.once.Do(func() {
		if p.fd, p.err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); p.err != nil {
			return
		}
		if p.err = unix.SetNonblock(p.fd, true); p.err != nil {
			return
		}
		var raw syscall.RawConn
		if raw, p.err = os.NewFile(uintptr(p.fd), "epoll").SyscallConn(); p.err == nil {
			go p.run(raw)
		}
	})
	if p.err != nil {
		return p.err
	}
	return withDescriptor(v, func(fd int) error {
		v.fd = fd
		p.mu.Lock()
		for len(p.conns) <= fd {
			p.conns = append(p.conns, nil)
		}
		p.conns[fd] = v
		p.mu.Unlock()
		return unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Fd: int32(fd), Events: unix.EPOLLONESHOT})
	})
}

// wait has notify called once when there is something to read.
func (p *poller) wait(v *visitorConn) error {
	return withDescriptor(v, func(fd int) error {
		return unix.EpollCtl(p.fd, unix.EPOLL_CTL_MOD, fd, &unix.EpollEvent{
			Fd:     int32(fd),
			Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLONESHOT,
		})
	})
}

func (p *poller) remove(v *visitorConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if v.fd < len(p.conns) && p.conns[v.fd] == v { // the descriptor is not another connection's yet
		p.conns[v.fd] = nil
	}
}

// withDescriptor calls do with the connection's descriptor. If the connection is closed, it returns an error.
func withDescriptor(v *visitorConn, do func(fd int) error) error {
	c, ok := v.conn.(syscall.Conn)
	if !ok {
		return errors.New("a connection without a descriptor")
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = do(int(fd)) }); err != nil {
		return err
	}
	return failed
}

// run waits for epoll through the runtime's poller, so that no thread is blocked.
func (p *poller) run(raw syscall.RawConn) {
	events := make([]unix.EpollEvent, 128)
	for {
		var n int
		var err error
		failed := raw.Read(func(uintptr) bool {
			n, err = unix.EpollWait(p.fd, events, 0)
			return n > 0 || err != nil && err != unix.EINTR
		})
		if failed != nil || err != nil {
			slog.Error("the sockets' poller", "error", errors.Join(failed, err))
			return
		}
		for _, e := range events[:n] {
			p.mu.Lock()
			v := p.conns[e.Fd]
			p.mu.Unlock()
			if v != nil {
				runPooled(func() { p.notify(v) })
			}
		}
	}
}
