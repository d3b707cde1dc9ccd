/**
 * Long passwords that many people have.
 *
 * Only those of twelve characters or more: shorter ones are warned about anyway (FTC1 §4.4). It is a
 * list of our own of well-known ones (runs on the keyboard, words and names doubled or with digits
 * behind them), not one of the published lists; `password_rule.ts` finds repetitions by itself.
 *
 * @module
 */

/** The passwords, in lower case. */
export const COMMON_LONG_PASSWORDS: ReadonlySet<string> = new Set([
  "correct horse battery staple",
  ...String.raw`
  012345678901 0123456789012 01234567890123 0123456789abc 098765432109 0987654321098 123456789012
  1234567890123 12345678901234 123456789012345 1234567890123456 12345678901234567890 1234567890abc
  1234567890abcd 1234567890qwerty 1234567890qwertyuiop 123456789abc 123456789abcd 123456789qwe
  123456789qwerty 12345678qwerty 12345678qwertyui 1234567qwertyu 123456qwerty 123456qwertyuiop
  123qweasdzxc 12qwaszxerdf 147258369147 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1q2w3e4r5t6y7u8i
  1q2w3e4r5t6y7u8i9o 1q2w3e4r5t6y7u8i9o0p 1qa2ws3ed4rf 1qa2ws3ed4rf5tg 1qaz2wsx3edc
  1qaz2wsx3edc4rfv 1qaz2wsx3edc4rfv5tgb 1qazxsw23edc 1qazxsw23edcvfr4 9876543210123 987654321098
  9876543210987 a123456789012 a1b2c3d4e5f6 a1b2c3d4e5f6g7 aa123456789a aaa123456789 abc123456789
  abcd12345678 abcdef123456 abcdefg12345 abcdefg123456 abcdefgh1234 abcdefgh12345678 abcdefghijkl
  abcdefghijklm abcdefghijklmnop abcdefghijklmnopqrstuvwxyz admin1234567 admin12345678
  admin123456789 adminadmin12 adminadmin123 administrator administrator1 administrator123
  adminpassword asdfghjkl123 asdfghjkl1234 asdfghjkl;'\ asdfghjklqwe asdfghjklzxcvbnm asdfqwerzxcv
  baseball1234 basketball12 basketball123 bismillah123 blink182blink changeme1234 changeme12345
  changemeplease charlie12345 chocolate123 chocolate1234 computer1234 computer12345 correcthorse
  correcthorsebatterystaple counterstrike default12345 defaultpassword dragonball12 dragonball123
  fernchat1234 fernchatfernchat firstpassword football1234 football12345 footballfootball
  fuckyou12345 fuckyoufuckyou hello1234567 hello12345678 hellohello12 helloworld12 helloworld123
  helloworld1234 iloveyou1234 iloveyou12345 iloveyou123456 iloveyoubaby iloveyouforever
  iloveyoumore iloveyousomuch jesuschrist1 jesuschrist7 jesusislord1 jesuslovesme jesussaves12
  jordan232323 juventus1897 letmein12345 letmein123456 letmeinletmein letmeinplease liverpool123
  liverpool1892 liverpoolfc1 loveloverlove loveyou12345 manchester12 manchester123
  manchesterunited master123456 metallica123 michael12345 michaeljackson michelle1234 minecraft123
  minecraft1234 monkey123456 motherfucker motherfucker1 mustang12345 mynameisbond mypassword12
  mypassword123 mypassword1234 newpassword1 newpassword12 newpassword123 ninjaninja12 nopassword12
  nothing12345 onetwothree123 onetwothreefour opensesame12 opensesame123 p@ssw0rd1234
  p@ssw0rd12345 p@ssw0rd123456 p@ssword1234 pa$$w0rd1234 pass12345678 pass123456789 passw0rd1234
  passw0rd12345 passw0rd123456 password!@#$ password123! password1234 password1234! password12345
  password123456 password1234567 password12345678 password123456789 password1234567890
  password2020 password2021 password2022 password2023 password2024 password2025 password2026
  passwordpass passwordpassword passwordpassword1 passwort1234 passwort12345 passwort123456
  princess1234 princess12345 princessprincess q1w2e3r4t5y6 q1w2e3r4t5y6u7 q1w2e3r4t5y6u7i8
  qazwsxedc123 qazwsxedcrfv qazwsxedcrfvtgb qazwsxedcrfvtgbyhnujm qwe123456789 qweasdzxc123
  qweasdzxc1234 qwerty123456 qwerty1234567 qwerty12345678 qwerty123456789 qwerty1234567890
  qwertyuiop12 qwertyuiop123 qwertyuiop1234 qwertyuiop123456 qwertyuiop[] qwertyuiop[]\
  qwertyuiopas qwertyuiopasd qwertyuiopasdf qwertyuiopasdfgh qwertyuiopasdfghjkl
  qwertyuiopasdfghjklzxcvbnm qwertzuiop12 qwertzuiop123 qwertzuiopasdf rockyou12345 samsung12345
  secret123456 secretpassword shadow123456 spiderman123 starwars1234 starwars12345 sunshine1234
  sunshine12345 superman1234 superman12345 superpassword supersecret1 supersecret123 temporary123
  test12345678 test123456789 testpassword testpassword1 testtest1234 thequickbrownfox
  thisisapassword thisisatest1 thisismypassword trustno1trustno1 twentyonepilots unbelievable
  university12 user12345678 userpassword welcome12345 welcome123456 welcome1234567 welcome2024!
  welcome2025! welcomewelcome whatever1234 whateverwhatever winteriscoming zaq12wsxcde3
  zaq1xsw2cde3 zaq1xsw2cde3vfr4 zxcvbnm12345 zxcvbnm123456 zxcvbnm123456789 zxcvbnmasdfg
  zxcvbnmasdfghjkl zxcvbnmzxcvbnm
  `.trim().split(/\s+/),
]);
