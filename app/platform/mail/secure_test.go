package mail

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// A mail server that speaks TLS from the start is given the password and the letter.
func TestSMTPS(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0",
		&tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	heard := make(chan string, 100)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "220 test\r\n")
		for in := bufio.NewScanner(conn); in.Scan(); {
			line := in.Text()
			heard <- line
			switch verb, _, _ := strings.Cut(line, " "); verb {
			case "EHLO":
				fmt.Fprint(conn, "250-test\r\n250 AUTH PLAIN\r\n")
			case "AUTH":
				fmt.Fprint(conn, "235 welcome\r\n")
			case "DATA":
				fmt.Fprint(conn, "354 go on\r\n")
				for in.Scan() && in.Text() != "." {
				}
				heard <- "all of it"
				fmt.Fprint(conn, "250 kept\r\n")
			case "QUIT":
				fmt.Fprint(conn, "221 bye\r\n")
				return
			default:
				fmt.Fprint(conn, "250 OK\r\n")
			}
		}
	}()
	m, err := NewMailer("smtps://parley:secret@" + listener.Addr().String() + "?from=parley@shop.example")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	m.tlsConfig.RootCAs = x509.NewCertPool()
	m.tlsConfig.RootCAs.AddCert(cert)
	if err := m.Send(context.Background(), Message{To: "anna@shop.example", Subject: "Join", Text: "x"}); err != nil {
		t.Fatal(err)
	}
	authenticated, kept := false, false
	for len(heard) > 0 {
		line := <-heard
		authenticated = authenticated || strings.HasPrefix(line, "AUTH PLAIN")
		kept = kept || line == "all of it"
	}
	if !authenticated || !kept {
		t.Errorf("authenticated: %v, taken: %v", authenticated, kept)
	}
}
