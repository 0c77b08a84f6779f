package chaos

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"time"

	"parley/app/tools/traffic"
)

// redisServer is a real Redis on a port of its own.
type redisServer struct {
	port int
	cmd  *exec.Cmd
}

func startRedis() (*redisServer, error) {
	port, err := traffic.FreePort()
	if err != nil {
		return nil, err
	}
	r := &redisServer{port: port}
	return r, r.start()
}

func (r *redisServer) address() string { return fmt.Sprintf("127.0.0.1:%d", r.port) }

func (r *redisServer) start() error {
	r.cmd = exec.Command("redis-server", "--port", strconv.Itoa(r.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
	if err := r.cmd.Start(); err != nil {
		return fmt.Errorf("redis-server (make deps-test installs it): %w", err)
	}
	for range 200 {
		if c, err := net.Dial("tcp", r.address()); err == nil {
			return c.Close()
		}
		time.Sleep(20 * time.Millisecond)
	}
	return errors.New("no answer from Redis")
}

func (r *redisServer) stop() {
	r.cmd.Process.Kill()
	r.cmd.Wait()
}
