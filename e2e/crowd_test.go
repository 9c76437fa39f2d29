package e2e_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/astcti"
	"github.com/asteriskcti/asteriskcti/e2e/client"
	"github.com/asteriskcti/asteriskcti/e2e/lab"
)

const (
	crowd       = 1000
	crowdTime   = 30 * time.Second // on two processors
	crowdMemory = 256 << 20        // bytes
	crowdWait   = 25 * time.Second // the server lets nobody wait longer than 30 s for its processors
)

// TestCrowd has a whole call centre sign in at once, each from an address of his own, as
// after a cut of its power: all are let in and in their queue, and nobody is refused.
func TestCrowd(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	root, err := lab.Prepare(ctx, 22, quietLog(t))
	if err != nil {
		t.Fatal(err)
	}
	ast, err := root.Start(ctx, lab.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := ast.Stop(); err != nil {
			t.Error(err)
		}
	}()
	s := serve(t, astcti.Options{AMI: ast.AMI.String(), User: lab.ManagerUser, Secret: lab.ManagerSecret, XML: crowdXML(1, `password="`+crowdPassword+`"`)})
	if err := s.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	if err := gather(ctx, s); err != nil {
		t.Fatal(err)
	}

	began := time.Now()
	errs := make([]error, crowd)
	var all sync.WaitGroup
	for i := range crowd {
		all.Go(func() { errs[i] = crowdMember(ctx, t, s.TCP, i) })
	}
	all.Wait()
	took := time.Since(began)
	refused := 0
	for _, err := range errs {
		if err != nil {
			if refused++; refused <= 5 {
				t.Error(err)
			}
		}
	}
	if refused > 0 {
		t.Errorf("%d of %d were not let in", refused, crowd)
	}
	used, err := peak(s.PID())
	if err != nil {
		t.Fatal(err)
	}
	if used > crowdMemory {
		t.Errorf("%d MiB of memory, want %d at most", used>>20, crowdMemory>>20)
	}
	t.Logf("%d agents signed in at once: %.1f s, %.2f of %v; %d MiB, %.2f of %d", crowd, took.Seconds(), took.Seconds()/crowdTime.Seconds(), crowdTime,
		used>>20, float64(used)/crowdMemory, crowdMemory>>20)
}

// crowdMember signs one in, and waits until he is in his queue. After crowdWait he may be told to
// try again, which any client then does; not before.
func crowdMember(ctx context.Context, t *testing.T, addr string, i int) error {
	var d *client.Desktop
	for again := true; again; {
		began := time.Now()
		var err error
		if d, err = crowdSignIn(ctx, addr, i); err != nil && (time.Since(began) < crowdWait || ctx.Err() != nil) {
			return fmt.Errorf("%s: %w", crowdName(i), err)
		}
		again = err != nil
	}
	t.Cleanup(d.Close)
	if _, _, err := d.Notices.Wait(ctx, 0, func(l string) bool { return l == "200 "+lab.AgentsQueue }); err != nil {
		return fmt.Errorf("%s is not in the queue: %w", crowdName(i), err)
	}
	return nil
}

func crowdSignIn(ctx context.Context, addr string, i int) (*client.Desktop, error) {
	d, err := client.DialFrom(ctx, net.IPv4(127, 1, byte(i/250), byte(1+i%250)), addr)
	if err != nil {
		return nil, err
	}
	if err := d.SignIn(ctx, crowdName(i), crowdPassword, crowdMAC(i)); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

const crowdPassword = "one for all of them"

func crowdName(i int) string { return fmt.Sprintf("agent%d", i) }

func crowdMAC(i int) string { return fmt.Sprintf("00:22:00:00:%02x:%02x", i>>8, i&0xff) }

// crowdXML is the configuration of the first n of them. With a verifier all have that one,
// so that making it takes no minute; to check it takes its time for each.
func crowdXML(n int, secret string) string {
	var b strings.Builder
	b.WriteString(`<asteriskcti version="1"><services><service name="Helpdesk" context="` + lab.AgentsContext + `" type="inbound" queue="` + lab.AgentsQueue +
		`" trigger="browser" application="` + customer + `" param_string="">`)
	for i := range n {
		fmt.Fprintf(&b, `<operator username="%s"/>`, crowdName(i))
	}
	b.WriteString(`</service></services><seats>`)
	for i := range n {
		fmt.Fprintf(&b, `<seat mac="%s" extension="PJSIP/%d" description=""/>`, crowdMAC(i), 10000+i)
	}
	b.WriteString(`</seats><operators>`)
	for i := range n {
		fmt.Fprintf(&b, `<operator username="%s" fullname="Agent %d" %s/>`, crowdName(i), i, secret)
	}
	b.WriteString(`</operators></asteriskcti>`)
	return b.String()
}

var verifier = regexp.MustCompile(`verifier="[^"]+"`)

// gather makes a server know the whole crowd.
func gather(ctx context.Context, s *astcti.Server) error {
	exported, err := astcti.Run(ctx, "config", "export", "--data", s.Data())
	if err != nil {
		return err
	}
	mark := s.Log.Mark()
	if _, err := s.Apply(ctx, crowdXML(crowd, verifier.FindString(exported))); err != nil {
		return err
	}
	_, _, err = s.Log.Wait(ctx, mark, func(l string) bool { return strings.Contains(l, fmt.Sprintf("operators=%d", crowd)) })
	return err
}

// peak is the most memory that a process has had, in bytes.
func peak(pid int) (int, error) {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	line, _, _ := strings.Cut(rest, "kB")
	kib, err := strconv.Atoi(strings.TrimSpace(line))
	return kib << 10, err
}
