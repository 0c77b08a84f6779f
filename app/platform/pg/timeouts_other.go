//go:build !linux

package pg

import "syscall"

// unansweredTimeout does nothing: only Linux has the option. Keep-alive notices what it can.
func unansweredTimeout(string, string, syscall.RawConn) error { return nil }
