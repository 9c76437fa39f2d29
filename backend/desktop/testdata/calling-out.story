!in
510 STATE available
!yes CONTEXTS: out|other
!yes ORIG 0551234 out 1
<event id="Newchannel"><call><uniqueid>u3</uniqueid><channel>PJSIP/201-1</channel><calleridnum>0551234</calleridnum><calleridname></calleridname><context>astcti-service</context><appdata></appdata><state>Ringing</state></call><service name="Campaign" queue="" direction="outbound"></service><seq>1</seq></event>
+3s
<event id="Newstate"><call><uniqueid>u3</uniqueid><channel>PJSIP/201-1</channel><calleridnum>0551234</calleridnum><calleridname></calleridname><context>astcti-service</context><appdata></appdata><state>Up</state></call><service name="Campaign" queue="" direction="outbound"></service><seq>1</seq></event>
+4s
<event id="OriginateResponse"><originate id="cti-1" number="0551234" service="Campaign" ok="false" reason="busy">the number is busy</originate><seq>9</seq></event>
<event id="Hangup"><call><uniqueid>u3</uniqueid><channel>PJSIP/201-1</channel><calleridnum>0551234</calleridnum><calleridname></calleridname><context>astcti-service</context><appdata></appdata><state>Up</state></call><service name="Campaign" queue="" direction="outbound"></service><seq>1</seq></event>
!no ORIG 899 out 1: this number may not be called
!no PAUSE IN Nap: unknown reason
!no READY: no work after a call
500 LINK DOWN connection refused
500 LINK SYNCING
500 LINK UP
301 PAUSE PENDING
!yes PAUSE IN Break
510 STATE paused Break
!stopped signed in elsewhere
