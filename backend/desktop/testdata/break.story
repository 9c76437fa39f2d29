!in
510 STATE oncall
200 a
200 b
<event id="Newchannel"><call><uniqueid>u1</uniqueid><channel>PJSIP/201-1</channel><calleridnum>0550100</calleridnum><calleridname>Rossi &amp; Figli</calleridname><context>astcti-service</context><appdata><data key="calldata">12345</data></appdata><state>Ringing</state></call><service name="Support" queue="astcti-queue" direction="inbound"></service><seq>1</seq></event>
<event id="Link"><call><uniqueid>u1</uniqueid><channel>PJSIP/201-1</channel><calleridnum>0550100</calleridnum><calleridname>Rossi &amp; Figli</calleridname><context>astcti-service</context><appdata><data key="calldata">12345</data></appdata><state>Up</state></call><action type="browser"><url>https://crm.example/customer?id=12345</url></action><service name="Support" queue="astcti-queue" direction="inbound"></service><seq>1</seq></event>
<event id="Newchannel"><call><uniqueid>u2</uniqueid><channel>PJSIP/201-1</channel><calleridnum>0660</calleridnum><calleridname>Verdi</calleridname><context>astcti-service</context><appdata><data key="calldata">12345</data></appdata><state>Ringing</state></call><service name="Support" queue="astcti-queue" direction="inbound"></service><seq>1</seq></event>
+3s
!lost the connection broke
+1s
!connecting
!lost connection refused
+2s
!connecting
!in
510 STATE oncall
200 b
<event id="Hold"><call><uniqueid>u1</uniqueid><channel>PJSIP/201-1</channel><calleridnum>0550100</calleridnum><calleridname>Rossi &amp; Figli</calleridname><context>astcti-service</context><appdata><data key="calldata">12345</data></appdata><state>Up</state></call><service name="Support" queue="astcti-queue" direction="inbound"></service><seq>1</seq></event>
+9s
<event id="Hangup"><call><uniqueid>u1</uniqueid><channel>PJSIP/201-1</channel><calleridnum>0550100</calleridnum><calleridname>Rossi &amp; Figli</calleridname><context>astcti-service</context><appdata><data key="calldata">12345</data></appdata><state>Up</state></call><service name="Support" queue="astcti-queue" direction="inbound"></service><seq>1</seq></event>
510 STATE available
