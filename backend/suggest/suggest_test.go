package suggest

import "testing"

func TestNearest(t *testing.T) {
	known := []string{"address", "username", "secret", "retries", "retry_pause"}
	for word, want := range map[string]string{
		"addrss": "address", "Address": "address", "user": "", "usrename": "username", "secrte": "secret",
		"retry": "", "retry_pauze": "retry_pause", "zzz": "", "": "", "\xff\xfe": "",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
