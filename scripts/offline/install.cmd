@echo off
rem Install napari-all-subtype from this folder, without a network. For @TARGET@.
rem Collected on another system and untried on Windows: tell the developers what happens.
rem Usage: install.cmd [FOLDER]      (FOLDER: where to, default %USERPROFILE%\napari-all-subtype)
setlocal
set "KIT=%~dp0"
set "TARGET=%~1"
if "%TARGET%"=="" set "TARGET=%USERPROFILE%\napari-all-subtype"

set "PY=py -@PYTHON_VERSION@"
%PY% -c "" 2>nul && goto found
set "PY=python"
%PY% -c "import sys; sys.exit('%%d.%%d' %% sys.version_info[:2] != '@PYTHON_VERSION@')" 2>nul && goto found
echo Python @PYTHON_VERSION@ (64 bit) was not found. Install it for this user, then run install.cmd again.
exit /b 1

:found
if exist "%TARGET%" (
    echo "%TARGET%" is there already. Remove it or name another folder: install.cmd FOLDER
    exit /b 1
)
echo Installing into "%TARGET%"; this takes some minutes.
%PY% -m venv "%TARGET%" || exit /b 1
set "PIP_CONFIG_FILE=nul"
"%TARGET%\Scripts\python.exe" -m pip install -q --disable-pip-version-check --no-index --find-links "%KIT%wheels" "napari-all-subtype[all]" || goto failed
"%TARGET%\Scripts\napari-all-subtype.exe" info || goto failed
echo.
echo Installed. To start:
echo   "%TARGET%\Scripts\napari.exe"                               then Plugins, Analyse smear
echo   "%TARGET%\Scripts\napari-all-subtype.exe" demo --out demo   the bundled smear, without a window
echo.
echo For Research Use Only. Not for use in diagnostic procedures.
exit /b 0

:failed
echo Installation failed; the messages above say why. Removing "%TARGET%".
rmdir /s /q "%TARGET%"
exit /b 1
